"""What a posted job may do beyond this service's own machines: nothing, where the operator does not say so."""

from collections.abc import Iterator
from dataclasses import dataclass

from raylign.errors import SpecError
from raylign.located import places
from raylign.plan.model_files import is_hub_id
from raylign.spec import Job, Work
from raylign.spec.prompts import HUB


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """By the operator, for whoever has the key. Accounts and addresses are the operator's own in any case."""

    trackers: frozenset[str] = frozenset()
    """Types of trackers that a job may name though they send its curves elsewhere."""
    push: bool = False
    """Whether a job may have its result pushed to the hub, with the operator's token."""
    hub_data: bool = False
    """Whether a job may name prompts of the hub: the driver fetches them, with the operator's token."""

    private_webhooks: bool = False
    """Whether webhooks may be sent to the inner network, and without TLS."""
    env: frozenset[str] = frozenset()
    """Variables that a job may set for its actors: NCCL's can name files to load."""
    hub_models: bool = True
    """Whether a job may name models of the hub by their ids: workers fetch them."""

    def require(self, work: Work) -> None:
        """Raise `SpecError` where the job asks for more."""
        for job in work.jobs:
            if wrong := next(self._beyond(job), None):
                raise SpecError(f"stage {job.name!r}: {wrong}" if work.stages else f"job: {wrong}")

    def _beyond(self, job: Job) -> Iterator[str]:
        if job.output.push_to is not None and not self.push:
            yield (
                "'output.push_to' sends the model away, which this service lets no job do: leave it out, or ask its "
                "operator for `raylign serve --allow-push`"
            )
        for name in job.resources.env:
            if name not in self.env:
                yield (
                    f"'resources.env' sets {name!r}, which this service lets no job set: leave it out, or ask its "
                    f"operator for `raylign serve --job-env {name}`"
                )
        for place in places(job):
            if place.what == "model" and is_hub_id(place.value) and not self.hub_models:
                yield (
                    f"{place.at!r} is {place.value!r}, of the hub, of which this service lets no job load models: "
                    "name a directory that the workers see"
                )
        for at, task in enumerate(job.tasks):
            for name, prompts in (("prompts", task.prompts), ("eval_prompts", task.eval_prompts)):
                if prompts is not None and prompts.path.startswith(HUB) and not self.hub_data:
                    yield (
                        f"'tasks[{at}].{name}.path' is of the hub, of which this service lets no job read data: name a "
                        "file that the workers see, or ask its operator for `raylign serve --allow-hub-data`"
                    )
        for at, tracker in enumerate(job.trackers):
            if tracker.leaves and tracker.label not in self.trackers:
                yield (
                    f"'trackers[{at}]' is {tracker.label!r}, which this service lets no job name: leave it out, or ask "
                    f"its operator for `raylign serve --trackers {tracker.label}`"
                )
            if tracker.address is not None:
                yield (
                    f"'trackers[{at}]' says where curves are sent, which is this service's operator's to say: leave "
                    "the address out"
                )
