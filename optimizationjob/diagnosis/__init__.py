"""Finds current and upcoming problems of the check and suggests fixes."""

from optimizationjob.diagnosis.examination import examine
from optimizationjob.diagnosis.finding import SUBJECTS, Finding, Verdict, worst

__all__ = ["SUBJECTS", "Finding", "Verdict", "examine", "worst"]
