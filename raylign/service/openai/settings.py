"""What the operator says of fine-tuning jobs: which models there are, and what all of these jobs are told."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from raylign import bounds
from raylign.errors import SpecError
from raylign.settings import Spec
from raylign.spec.explain import explain
from raylign.spec.load import read_file

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.:/-]{0,127}$")]


class FineTuning(Spec):
    """Settings of `raylign serve --fine-tuning FILE`."""

    models: dict[ModelName, bounds.Model] = Field(default_factory=dict, max_length=bounds.NAMES)
    """Directories or hub ids, by the names under which users ask for them: ``{gpt-4o-mini: /models/qwen}``. Where some
    are given, no others are taken but what the service's own jobs have made."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """A piece of a job, ``{trainer: {ranks: 4}, policy: {lora: {rank: 16}}}``, for what a request cannot say."""


def read_fine_tuning(path: Path) -> FineTuning:
    """The settings in a YAML file, its relative directories taken from the file's folder. Raises `SpecError`."""
    document = read_file(path, "fine-tuning")
    try:
        found = FineTuning.model_validate(document)
    except ValidationError as error:
        raise SpecError(f"{path}: {explain(error, document, FineTuning)}") from None
    root = path.resolve().parent
    models = {name: str(root / model) if (root / model).is_dir() else model for name, model in found.models.items()}
    return found.model_copy(update={"models": models})
