"""Who is asked, and through what it answers: the seam between a question and the model that it is put to.

A question (a judge, an annotator) knows what text it asks and how an answer is read; whoever hosts a model knows how
texts become tokens and where the model runs. `actors.judging.llm_judge` hosts one on vLLM.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, SerializerFunctionWrapHandler, Tag, WrapSerializer

from raylign import bounds
from raylign.settings import Spec

Show: TypeAlias = Callable[[str], str]
"""How a piece of foreign text is put into a template: whoever reads the result makes sure that it stays text."""
Writer: TypeAlias = Callable[[Show], str]
"""Makes a text with all that is foreign put through ``show``."""
Spelled: TypeAlias = str | tuple[str, ...]
"""A text that is one token, or several spellings of one word, of which those count that are one."""
ANSWER = "Answer:"
"""Ends a question that no chat template ends."""
Said: TypeAlias = tuple[float, ...] | str
"""Log-probabilities of the answers, or why there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A question as a user's turn, after what the model is told first; put by the model's own chat template."""

    user: Writer
    system: Writer | None = None

    def plain(self, show: Show) -> str:
        """One text, for models without a chat template."""
        parts = (self.system(show) if self.system else "", self.user(show), ANSWER)
        return "\n\n".join(part for part in parts if part)


Asked: TypeAlias = Writer | Conversation
"""What a model is to read. A text is read as it stands, the control tokens of its author's words among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a model wrote: at every place the likeliest token."""

    text: str
    ended: bool
    """Whether it came to its end before it was cut."""


class Engine(Spec):
    """A model in engines of the job's own."""

    role: ClassVar[Literal["llm-judge"]] = "llm-judge"

    model: bounds.Model
    """A directory, or a hub id."""
    replicas: int = Field(default=1, ge=1, le=bounds.WORKERS)
    """Engines; questions go to whichever is free."""
    tensor_parallel: int = Field(default=1, ge=1, le=bounds.GPUS)
    """GPUs of one engine."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Precision of its weights; that of its files where absent."""

    @property
    def models(self) -> tuple[str, ...]:
        """That each of its workers holds."""
        return (self.model,)

    def gpus(self, alone: float) -> float:
        """That each of its workers reserves, on cuda. ``alone``: one whose model is on one GPU."""
        return float(self.tensor_parallel) if self.tensor_parallel > 1 else alone


EndpointName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", max_length=64)]
"""As the operator registered it."""


class Endpoint(Spec):
    """A service on the network, OpenAI-compatible, that the operator registered (`raylign.judges.endpoints`)."""

    role: ClassVar[Literal["endpoint"]] = "endpoint"
    replicas: ClassVar[int] = 1
    models: ClassVar[tuple[str, ...]] = ()

    endpoint: EndpointName
    """Its name there."""

    def gpus(self, alone: float) -> float:
        """None are reserved."""
        return 0.0


Asker: TypeAlias = Engine | Endpoint
"""Who is asked. Equal askers are one, whoever's questions it answers."""


def _named(value: Any) -> Any:
    return {"model": value} if isinstance(value, str) else value


ENGINE, ENDPOINT = "an engine", "an endpoint"
"""Tags of the two, which no setting is called."""


def _kind(value: Any) -> str:
    named = "endpoint" in value if isinstance(value, dict) else isinstance(value, Endpoint)
    return ENDPOINT if named else ENGINE


def _told(asker: Asker, tell: SerializerFunctionWrapHandler) -> Any:
    """As short as a job may write it."""
    return asker.model if isinstance(asker, Engine) and asker == Engine(model=asker.model) else tell(asker)


AnyAsker = Annotated[
    Annotated[Engine, Tag(ENGINE)] | Annotated[Endpoint, Tag(ENDPOINT)],
    Discriminator(_kind),
    BeforeValidator(_named, json_schema_input_type=bounds.Model | Asker),
    WrapSerializer(_told),
]
"""As a job says it: a model by its name, or with settings, ``{model: ..., replicas: 2}``; or ``{endpoint: NAME}``."""


class Answers(Protocol):
    """A live model, as a question sees it."""

    def next_token(self, asked: Sequence[Asked], answers: Mapping[str, Spelled]) -> list[Said]:
        """Log-probability of each answer as the token after each of ``asked``; the reason for one that is not read.

        ``answers``: what is looked for, by the setting that holds each. Raises `SpecError` naming that setting where
        it is not one token of this model.
        """
        ...

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[Written | str]:
        """What the model writes after each of ``asked``, of at most ``max_tokens``; the reason for one not read."""
        ...


class Question(Protocol):
    """What a judge or an annotator asks of a model, one row at a time: a response, or two. It travels to the model."""

    @property
    def asker(self) -> Asker: ...

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where what it would ask cannot be asked of anyone. ``whose``: how messages call it."""
        ...

    def remark(self, *, templated: bool) -> str:
        """What is hardly meant, as a sentence's predicate; empty where nothing is. ``templated``: whether the asker has
        a chat template."""
        ...

    def ask(self, model: Answers, rows: Sequence[Any]) -> list[Any]:
        """An answer to each row."""
        ...
