"""A simulated month of the check in minutes: churn, outages, restarts and crashes, on a manual clock."""
