"""Secrets that a job names, ``secret://NAME``, and never holds.

A gateway keeps their values, sealed. An attempt of a job that names some has them in one file of its run directory, its
owner's alone, beside the token by which it reports; they are in no document, command line, event or log, and in nothing
that Ray is told. From there the driver gives them to libraries as these look for them, in its own environment.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from raylign.errors import RunError
from raylign.redact import hide

SCHEME = "secret://"
FILE = "secrets.json"
"""In the run directory, while an attempt lasts."""
VARIABLE = "RAYLIGN_SECRETS"
"""Where that is, for a run's other processes."""
ENVIRONMENT: Mapping[str, str] = {"hub": "HF_TOKEN", "wandb": "WANDB_API_KEY", "mlflow": "MLFLOW_TRACKING_TOKEN"}
"""The variable in which a library looks for its key, by what a job calls its use."""

SecretRef = Annotated[str, Field(pattern=r"^secret://[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", max_length=73)]
"""A secret, by its name."""


def named(document: Mapping[str, Any]) -> set[str]:
    """The names of all secrets that a job's document, or a recipe's, asks for."""
    return {text.removeprefix(SCHEME) for _, text in _asked(document)}


def enter(document: Mapping[str, Any], run: Path) -> None:
    """Have this process, the driver, hold what its job names. Raises `RunError` where it was not handed over."""
    wanted = dict[str, str]()
    for use, text in _asked(document):
        if wanted.setdefault(use, text) != text:
            raise RunError(f"stages name {wanted[use]!r} and {text!r} for `secrets.{use}`: one run has one")
    if not wanted:
        return
    os.environ[VARIABLE] = str(run / FILE)
    for use, text in wanted.items():
        value = find(text)
        if use in ENVIRONMENT:
            os.environ[ENVIRONMENT[use]] = value


def find(text: str) -> str:
    """What ``secret://NAME`` stands for, here. Whatever this process says from now on has stars in its place.

    Raises `RunError`.
    """
    name = text.removeprefix(SCHEME)
    try:
        value = str(json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))[name])
    except (KeyError, OSError, ValueError):
        raise RunError(
            f"secret {name!r} is not here: a gateway hands it to the attempts that it starts; elsewhere leave "
            f"`secrets` out, and set {', '.join(ENVIRONMENT.values())}"
        ) from None
    hide(value)
    return value


def setting() -> Mapping[str, str]:
    """Where they are, as the environment of those that this process starts elsewhere."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}


def _asked(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """By use; an endpoint's as ``endpoints.NAME``."""
    for one in (document, *(document.get("stages") or ())):
        for use, said in (one.get("secrets") or {}).items():
            if isinstance(said, str):
                yield use, said
            elif isinstance(said, Mapping):
                yield from ((f"{use}.{name}", text) for name, text in said.items())
