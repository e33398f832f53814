"""Where orders are executed, and what it costs: the protocol of a venue, and the paper venue."""
