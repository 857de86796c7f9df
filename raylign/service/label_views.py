"""What the API says of label queues, and what it is told. Times are Unix seconds."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from raylign import bounds
from raylign.service.store import LabelQueueRecord
from raylign.sources.desk import Shown
from raylign.sources.labelling import Verdict

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Labeller = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$")]
"""Whom the caller says it speaks for: a name, an e-mail address."""
PairKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class NewLabelQueue(BaseModel):
    """A queue to be made, of a dataset's pairs or of those that a job chose."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    dataset: Name | None = None
    """Preferences, or prompts with two ``responses``; what it says of them is shown to nobody."""
    job: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """One whose task had `select`: the pairs that tell most."""
    task: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")] | None = None
    """Of the job."""
    seed: int = Field(default=0, ge=0, le=bounds.SEED)
    """Decides which response is shown on the left."""

    @field_validator("name")
    @classmethod
    def _no_id(cls, name: str) -> str:
        if name.startswith("lq_"):
            raise ValueError("what begins with lq_ are ids: give another name")
        return name

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.dataset is None) == (self.job is None):
            raise ValueError("say where its pairs are: either `dataset`, or `job` with its `task`")
        if (self.job is None) != (self.task is None):
            raise ValueError("`job` and `task` go together")
        return self


class LabelQueueView(BaseModel):
    """A queue of pairs that people say something of."""

    id: str
    name: str
    tenant: str
    source: str
    """Where its pairs are from."""
    seed: int
    pairs: int
    passed_over: dict[str, int]
    """Rows that hold no pair, by reason."""
    created_at: float

    @classmethod
    def of(cls, found: LabelQueueRecord) -> Self:
        """As lists show it."""
        return cls.model_validate(found, from_attributes=True)


class Agreement(BaseModel):
    """Of two labellers, over the pairs of which both prefer one response."""

    labellers: tuple[str, str]
    pairs: int
    agreed: int
    kappa: float | None
    """Cohen's; None where there is nothing to tell by."""
    interval: tuple[float, float] | None
    """95 %."""


class LabelQueueDetail(LabelQueueView):
    """A queue, how far each labeller has come, and how far they agree."""

    labellers: dict[str, dict[str, int]]
    """By name, how often each word: ``first`` and ``second``, in the order of the data, ``tie``, ``skip``."""
    agreement: list[Agreement]

    @classmethod
    def whole(cls, found: LabelQueueRecord, labellers: dict[str, Any], agreement: list[dict[str, Any]]) -> Self:
        """With what was said."""
        return cls.model_validate(
            {**LabelQueueView.of(found).model_dump(), "labellers": labellers, "agreement": agreement}
        )


class LabelQueuePage(BaseModel):
    """All of them, newest first."""

    data: list[LabelQueueView]


class Turn(BaseModel):
    """Of a prompt."""

    role: str
    content: str


class PairView(BaseModel):
    """A pair as a labeller is shown it: nothing says which response is which."""

    key: str
    prompt: list[Turn]
    left: str
    right: str

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """Without what it counts."""
        prompt = [Turn(role=role, content=content) for role, content in shown.turns]
        return cls(key=shown.key, prompt=prompt, left=shown.left, right=shown.right)


class NextPair(BaseModel):
    """What a labeller does next."""

    pair: PairView | None
    """None: there is none left."""
    done: int
    """Pairs of which this labeller has said something."""
    pairs: int


class NewVerdict(BaseModel):
    """What somebody says of a pair."""

    model_config = ConfigDict(extra="forbid")

    pair: PairKey
    labeller: Labeller
    verdict: Verdict | Literal["none"]
    """``none`` takes back what was said."""


class Export(BaseModel):
    """A dataset to be made of what labellers prefer."""

    model_config = ConfigDict(extra="forbid")

    dataset: Name
    contradicting: Literal["majority", "drop"] = "majority"
    """What becomes of pairs that labellers disagree about."""

    @field_validator("dataset")
    @classmethod
    def _no_id(cls, name: str) -> str:
        if name.startswith("ds_"):
            raise ValueError("what begins with ds_ are ids: give another name")
        return name


class Exported(BaseModel):
    """A preference file of what labellers preferred, as a dataset: ``dataset://NAME`` of a preference job."""

    id: str
    dataset: str
    state: str
    """The dataset's."""
    counts: dict[str, int]
    """Pairs that it has (``labelled``, ``by majority``), and why it lacks others."""
