"""The live source of Alpaca: trades of equities, by its stream, and by its history for gaps."""
