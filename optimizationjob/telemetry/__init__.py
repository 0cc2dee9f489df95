"""From observations to what Datadog is told: samples, events, health and resource records. Pure."""
