"""The command : the records of all jobs, queried in SQL."""
