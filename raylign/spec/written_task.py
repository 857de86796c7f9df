"""Tasks whose responses stand in a file: the kinds of jobs that learn from files have them in common."""

from typing import Literal

from raylign.spec.task import Task


class WrittenTask(Task):
    """One file of responses. Reward and judges are for the evaluation: nothing else hears them."""

    @property
    def heard_on_prompts(self) -> bool:
        """By the evaluation, where it takes its prompts from there."""
        return self.eval_prompts is None


class AnsweredTask(WrittenTask):
    """One file of prompts with an answer each: the demonstration, or the chosen one."""

    @property
    def baseline_source(self) -> Literal["data"]:
        """Every row must hold it."""
        return "data"
