"""Which endpoints there are: the operator's to say, in a file that `VARIABLE` names; a job can only name one of them.

The file maps names to settings, with the key's place and never the key: it is read in the process that calls, from that
machine's environment or a file of it, and is in no job, plan, event or message.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from raylign import bounds
from raylign.errors import RunError
from raylign.settings import Spec

VARIABLE = "RAYLIGN_ENDPOINTS"


class Registration(Spec):
    """One endpoint, as the operator registers it."""

    url: str = Field(pattern=r"^https?://[^\s?#]+$", max_length=bounds.PATH)
    """Of an OpenAI-compatible service up to its ``/v1``; of one that rewards, the whole."""
    model: str | None = Field(default=None, min_length=1, max_length=bounds.PATH)
    """What the service calls the model."""
    key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=bounds.NAME)
    """The variable that holds its key on the machines that call it."""
    key_file: str | None = Field(default=None, min_length=1, max_length=bounds.PATH)
    """Or the file there that does."""
    concurrency: int = Field(default=16, ge=1, le=bounds.PROCESSES)
    """Requests at once, of one job."""
    timeout_s: float = Field(default=60, gt=0, le=bounds.JUDGE_S)
    """For one request."""
    tries: int = Field(default=4, ge=1, le=bounds.ENDPOINT_TRIES)
    """Of a request that was answered by 408, 409, 429 or 5xx, too late, or not at all."""
    top_logprobs: int = Field(default=20, ge=1, le=bounds.ENDPOINT_LOGPROBS)
    """Likeliest tokens it tells of; an answer that is none of them has no probability."""
    rows: int = Field(default=64, ge=1, le=bounds.PROMPTS_PER_STEP)
    """Responses in one request for rewards, at most."""
    options: dict[str, Any] = Field(default_factory=dict, max_length=bounds.CONDITIONS)
    """What every request has besides, for services that need more than the protocol."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if self.key_env and self.key_file:
            raise ValueError("its key is in `key_env` or in `key_file`, not in both")
        return self

    def key(self, name: str) -> str | None:
        """The key, read here. Raises `RunError` where it is not on this machine."""
        if self.key_env is not None:
            found = os.environ.get(self.key_env, "")
        elif self.key_file is not None:
            try:
                found = Path(self.key_file).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                found = ""
        else:
            return None
        found = found.strip()
        if not (found and found.isascii() and found.isprintable()):
            raise RunError(
                f"endpoint {name!r} has its key in {self.key_env or self.key_file!r}, which holds none on this "
                "machine: set it where workers run, on every node"
            )
        return found


def registered() -> Mapping[str, Registration]:
    """All that this machine knows of; none where nothing is said. Raises `RunError` for a file that is wrong."""
    path = os.environ.get(VARIABLE)
    if not path:
        return {}
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("it must map names to settings")
        return {str(name): Registration.model_validate(settings) for name, settings in document.items()}
    except ValidationError as error:
        # Its own text would show what was written there.
        where = {".".join(map(str, problem["loc"])): problem["msg"] for problem in error.errors(include_input=False)}
        said = "; ".join(f"{place}: {message}" for place, message in where.items())
        raise RunError(f"{VARIABLE} names {path!r}, which is wrong: {said}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise RunError(f"{VARIABLE} names {path!r}, which cannot be read: {type(error).__name__}: {error}") from None


def find(name: str) -> Registration:
    """The endpoint of that name. Raises `RunError` that says which there are."""
    known = registered()
    if name not in known:
        there = f"known are {', '.join(sorted(known))}" if known else "none is"
        raise RunError(
            f"endpoint {name!r} is not registered here ({there}): the operator's file, {VARIABLE}, names them"
        )
    return known[name]


def setting() -> Mapping[str, str]:
    """This process's setting, as the environment of those it starts elsewhere. Keys are not handed on."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}
