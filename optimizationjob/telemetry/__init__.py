"""What is sent to Datadog: samples, events, the service check, records and issues. Pure."""
