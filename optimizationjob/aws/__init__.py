"""The only place that calls AWS: actions, rate limit, attempts, clients, errors, and the parsing of answers."""
