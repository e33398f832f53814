"""The live source of an exchange: trades, as they take place."""
