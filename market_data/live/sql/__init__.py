"""The live source of a database: new rows of a query, as they come."""
