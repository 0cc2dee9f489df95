"""Watches Amazon SageMaker optimization jobs: the domain and AWS, free of the Datadog Agent."""
