"""The Datadog Agent check that watches Amazon SageMaker optimization jobs."""

from .__about__ import __version__
from .check import OptimizationJobCheck

__all__ = ["OptimizationJobCheck", "__version__"]
