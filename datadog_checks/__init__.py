"""Shared with datadog-checks-base: this folder adds one check to its package."""

__path__ = __import__("pkgutil").extend_path(__path__, __name__)
