"""The Datadog Agent check that watches Amazon SageMaker optimization jobs."""

from optimizationjob.package_versions import installed, listed, refusal

from .__about__ import __version__

_reason = refusal(installed())
if not _reason:
    try:
        from .check import OptimizationJobCheck
    except ImportError as error:
        _reason = f"{error}. Update optimizationjob, which does not know this Agent: {listed(installed())}"
if _reason:
    from .refused_agent import stand_in

    OptimizationJobCheck = stand_in(_reason)

__all__ = ["OptimizationJobCheck", "__version__"]
