"""A month of the check's life in minutes: churn, bad weather, restarts and crashes, on a clock set by hand."""
