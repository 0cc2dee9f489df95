"""The command `query`: the records of all jobs, queried in SQL."""
