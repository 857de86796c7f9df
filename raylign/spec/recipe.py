"""A recipe: jobs that run one after another, each of which may go on with what an earlier one has made."""

import difflib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import BeforeValidator, Field, model_validator

from raylign import bounds
from raylign.errors import SpecError
from raylign.settings import Spec
from raylign.spec.job import Job
from raylign.spec.kinds import ABSENT, KINDS
from raylign.spec.uses import Kind, Use, uses

STAGE = "stage://"
"""What the name of a model begins with that an earlier stage makes."""


def stage_of(model: str) -> str | None:
    """The stage whose result ``model`` is; None of any other model."""
    return model.removeprefix(STAGE) if model.startswith(STAGE) else None


def _with_kind(document: Any) -> Any:
    return {"kind": ABSENT, **document} if isinstance(document, dict) else document


if TYPE_CHECKING:
    Stage: TypeAlias = Job
else:
    Stage = Annotated[Union[KINDS], Field(discriminator="kind"), BeforeValidator(_with_kind)]  # noqa: UP007


class Recipe(Spec):
    """Several jobs as one, SFT -> reward model -> alignment: ``stage://NAME`` in place of a model is what the stage of
    that name has made."""

    kind: Literal["recipe"] = "recipe"
    """What sort of work it is. recipe: its stages are jobs that run one after another."""
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", max_length=64)
    """What people call it."""
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=bounds.STAGES)
    """One job after the other, each known by its ``name``. The last one's model is the recipe's."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What runs, in order."""
        return self.stages

    @property
    def extent(self) -> str:
        """How much it is, in words."""
        return f"{len(self.stages)} stages"

    @model_validator(mode="after")
    def _stages_differ(self) -> "Recipe":
        names = Counter(job.name.lower() for job in self.stages)
        repeated = [job.name for job in self.stages if names[job.name.lower()] > 1]
        if repeated:
            raise ValueError(f"two stages are called {repeated[0]!r}: each has a directory, so names must differ")
        return self

    @model_validator(mode="after")
    def _stores_differ(self) -> "Recipe":
        stores = Counter(job.checkpoint.store for job in self.stages if job.checkpoint.store)
        if repeated := [store for store, count in stores.items() if count > 1]:
            raise ValueError(
                f"two stages have checkpoints in {repeated[0]!r}: each needs a `checkpoint.store` of its own"
            )
        return self

    @model_validator(mode="after")
    def _models_are_made_before(self) -> "Recipe":
        made: dict[str, Job] = {}
        for job in self.stages:
            for use in uses(job):
                if (name := stage_of(use.model)) is not None:
                    self._require(name, made, use, job.name)
            made[job.name] = job
        return self

    def _require(self, name: str, made: Mapping[str, Job], use: Use, user: str) -> None:
        """That ``name`` is a stage of before, whose result can be used so."""
        subject = f"stage {user!r}: {use.whose} is {use.model!r}"
        fitting = [earlier for earlier, job in made.items() if _serves(job, use.kind)]
        if name == user:
            raise ValueError(f"{subject}, what it makes itself; {_nearest(name, fitting)}")
        if name in made and name not in fitting:
            raise ValueError(f"{subject}, {_SHORTCOMINGS[use.kind]}; {_nearest(name, fitting)}")
        if name not in made and any(job.name == name for job in self.stages):
            raise ValueError(f"{subject}, which comes after it: put stage {name!r} before stage {user!r}")
        if name not in made:
            raise ValueError(f"{subject}, and there is no such stage; {_nearest(name, fitting)}")


def _serves(job: Job, kind: Kind) -> bool:
    """Whether what the job makes can be used so. A head is put on either."""
    return kind == "carries" or job.rates == (kind == "rates")


_SHORTCOMINGS: Mapping[Kind, str] = {
    "writes": "a reward model, which gives no next token",
    "rates": "a language model, which gives no reward",
}


def _nearest(name: str, fitting: list[str]) -> str:
    if not fitting:
        return "no stage before it makes one that could be"
    near = difflib.get_close_matches(name, fitting, n=1, cutoff=0.5)
    if near:
        return f"did you mean {STAGE + near[0]!r}?"
    return f"it could be {', '.join(STAGE + one for one in fitting)}"


Work: TypeAlias = Job | Recipe
"""What a document asks for."""


def one_job(work: Work, source: str) -> Job:
    """The job that it is. Raises `SpecError` of a recipe, whose stages it names."""
    if work.stages:
        names = ", ".join(job.name for job in work.stages)
        raise SpecError(f"{source} is a recipe of several jobs: name one of its stages, {names}")
    return work.jobs[0]


WORKS: tuple[type[Job] | type[Recipe], ...] = (*KINDS, Recipe)
AnyWork: Any = Union[WORKS]  # noqa: UP007
"""Their union, for the JSON schema."""
