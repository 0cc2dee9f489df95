"""What keeps the check from its work, or soon will: each thing is looked at once, and told with what to do."""

from optimizationjob.diagnosis.examination import examine
from optimizationjob.diagnosis.finding import SUBJECTS, Finding, Verdict, worst

__all__ = ["SUBJECTS", "Finding", "Verdict", "examine", "worst"]
