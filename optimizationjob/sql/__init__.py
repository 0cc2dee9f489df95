"""Resource records as a table in DuckDB, for questions in SQL. Needs the extra `[sql]`."""
