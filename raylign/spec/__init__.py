"""What a job document may say. Pydantic models; see `Job`, its `kinds`, and `load` for reading files."""

from raylign.spec.job import Job
from raylign.spec.load import load_job, parse_job
from raylign.spec.recipe import Work
from raylign.spec.task import Task

__all__ = ["Job", "Task", "Work", "load_job", "parse_job"]
