"""Finds what keeps the check from working, now or soon, and says what to do."""

from optimizationjob.diagnosis.examination import examine
from optimizationjob.diagnosis.finding import SUBJECTS, Finding, Verdict, worst

__all__ = ["SUBJECTS", "Finding", "Verdict", "examine", "worst"]
