"""Finds current and upcoming problems of the check and suggests fixes."""

from optimizationjob.diagnosis.examination import Examination, examine
from optimizationjob.diagnosis.finding import SUBJECTS, Finding, Verdict, refused_settings, worst
from optimizationjob.diagnosis.option_findings import Options, option_findings

__all__ = [
    "SUBJECTS",
    "Examination",
    "Finding",
    "Options",
    "Verdict",
    "examine",
    "option_findings",
    "refused_settings",
    "worst",
]
