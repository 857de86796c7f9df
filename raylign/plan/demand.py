"""How much memory each actor of a job needs: its models, and the largest batches that its prompts make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raylign.plan.memory import sampling, scoring, training
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.sampling import llm_judge, rollout
from raylign.plan.memory.scoring import judge, reference, reward
from raylign.plan.memory.terms import Device, Terms, process
from raylign.plan.memory.training import policy
from raylign.plan.model_files import ModelInfo
from raylign.spec.actors import Role
from raylign.spec.job import Job

BEFORE: dict[Role, float] = {
    "policy": training.PROCESS,
    "reference": scoring.PROCESS,
    "rollout": sampling.VLLM,
    "reward": scoring.PROCESS,
    "judge": scoring.JUDGE,
    "llm-judge": sampling.VLLM,
    "endpoint": scoring.ENDPOINT,
}
"""Bytes of a host that a process takes before it holds a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is known of a job's models and prompts; settings come with the job that is asked about."""

    device: Device
    models: Mapping[str, ModelInfo | None]
    """By the name the job gives them; None for those that are not on this machine."""
    prompt_tokens: Mapping[str, int]
    """Of a prompt of each task, on average."""

    def unknown(self, models: Sequence[str]) -> tuple[str, ...]:
        """Those of ``models`` whose memory cannot be reckoned."""
        return tuple(model for model in models if (info := self.models.get(model)) is None or info.dimensions is None)

    def of(self, job: Job, role: Role, models: Sequence[str], *, rank: int) -> Terms:
        """Terms of an actor that holds ``models``; of its process alone, where one of them is unknown.

        ``rank``: which of its role it is.
        """
        if self.unknown(models):
            return process(BEFORE[role], self.device)
        infos = [info for model in models if (info := self.models[model])]
        match role:
            case "policy":
                batches = self._batches(job, ranks=job.trainer.ranks)
                return policy(job, infos[0], batches, device=self.device, rank=rank)
            case "reference" if job.hosts_reference:
                return {}
            case "reference":
                return reference(job, infos[0], self._batches(job, ranks=1), device=self.device)
            case "rollout":
                return rollout(job, infos[0], self._single(job), device=self.device)
            case "reward":
                return reward(job.heads_of_workers()[rank], infos, self._groups(job), device=self.device)
            case "llm-judge":
                return llm_judge(job, job.engines()[rank], infos[0], self._single(job), device=self.device)
            case "endpoint":
                return {"process": scoring.ENDPOINT}
            case "judge":
                return judge(job)

    def on_host(self, job: Job, role: Role, models: Sequence[str]) -> Terms:
        """Terms of what such an actor keeps on its host in the place of its GPU, as far as it is known."""
        if role != "policy" or self.device == "cpu" or self.unknown(models):
            return {}
        info = self.models[models[0]]
        return training.offloaded(job, info) if info else {}

    def _batches(self, job: Job, *, ranks: int) -> list[Batch]:
        """Of every task the largest microbatch: all of a rank's samples, or what the token budget takes of them, which
        is never less than a term of the loss."""
        batches = []
        for task, one in zip(job.tasks, self._single(job), strict=True):
            samples = -(-task.prompts_per_step * task.samples_per_prompt // ranks)
            together = task.samples_per_prompt if task.method.needs.compares == "all" else 1
            rows = max(together, min(samples, job.trainer.tokens_per_microbatch // one.tokens))
            batches.append(Batch(rows=rows, prompt=one.prompt, response=one.response))
        return batches

    def _groups(self, job: Job) -> list[Batch]:
        """Of every task one prompt's responses."""
        return [
            Batch(rows=task.samples_per_prompt, prompt=one.prompt, response=one.response)
            for task, one in zip(job.tasks, self._single(job), strict=True)
        ]

    def _single(self, job: Job) -> list[Batch]:
        """Of every task one prompt with its longest response."""
        return [
            Batch(rows=1, prompt=self.prompt_tokens[task.name], response=job.longest_response(task))
            for task in job.tasks
        ]
