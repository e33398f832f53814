"""What a backtest shows: tables, charts, the page, and objects of a notebook."""
