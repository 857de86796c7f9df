"""A question to a model, in OpenAI's words."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from raylign.service.openai.asked import Asked

MOST_TURNS = 1000
MOST_TOKENS = 1_000_000
Text = Annotated[str, StringConstraints(max_length=2_000_000)]
Stop = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class TextPart(Asked):
    """A piece of a turn; there are no others than text."""

    type: Literal["text"]
    text: Text


class Turn(Asked):
    """One turn of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | Annotated[list[TextPart], Field(min_length=1, max_length=100)]
    name: Annotated[str, StringConstraints(max_length=64)] | None = None


class StreamOptions(Asked):
    """Of an answer that comes piece by piece."""

    include_usage: bool = False


class ChatQuestion(Asked):
    """What a model is asked. What is absent is as the model's own ``generation_config.json`` has it."""

    model: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.:/-]{0,127}$")]
    """A result of one's own jobs, ``job_...`` or ``job_...:step-20``, or an operator's name."""
    messages: list[Turn] = Field(min_length=1, max_length=MOST_TURNS)
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False)
    top_p: float | None = Field(default=None, gt=0, le=1, allow_inf_nan=False)
    n: int | None = Field(default=None, ge=1, le=16)
    max_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2, allow_inf_nan=False)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2, allow_inf_nan=False)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: Annotated[str, StringConstraints(max_length=512)] | None = None
    """Of the asker's own bookkeeping; nobody is told of it."""

    @model_validator(mode="after")
    def _fits_together(self) -> "ChatQuestion":
        if self.stream_options is not None and not self.stream:
            raise ValueError("`stream_options` goes with `stream: true`")
        if self.top_logprobs and not self.logprobs:
            raise ValueError("`top_logprobs` goes with `logprobs: true`")
        return self
