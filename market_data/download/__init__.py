"""Price history of an exchange, kept as Parquet files."""
