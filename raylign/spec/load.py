"""Read a job, or one judge of it, from a file or a parsed body, with messages a person can act on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from raylign.errors import SpecError
from raylign.files import open_regular
from raylign.judges.judge import Judge
from raylign.judges.kinds import AnyJudge
from raylign.spec import hints
from raylign.spec.document import MAX_BYTES, read_json, read_yaml
from raylign.spec.explain import Fault, explain, faults
from raylign.spec.kinds import ABSENT
from raylign.spec.overrides import override
from raylign.spec.places import replaced
from raylign.spec.prompts import DATASET, HUB, MODEL, Prompts
from raylign.spec.recipe import STAGE, WORKS, Work
from raylign.spec.telling import MAX_SHOWN, shown
from raylign.spec.values import check_values


def load_job(path: Path, settings: Sequence[str] = ()) -> Work:
    """The job, or the recipe, in a YAML or JSON file, its relative paths made absolute against the file's folder.

    ``settings``: put in place of the file's own, see `raylign.spec.overrides`. Raises `SpecError` when the file is
    missing, not YAML, or not a job.
    """
    return parse_job(override(read_file(path, "job"), settings), root=path.resolve().parent, source=str(path))


def parse_job(
    document: Any, *, root: Path | None = None, source: str = "job", kinds: Sequence[type[Work]] = WORKS
) -> Work:
    """The job, or the recipe, in a parsed document.

    ``root``: folder that relative paths are taken from. ``kinds``: what it may be.

    Raises `SpecError` naming every wrong key, where it stands, and the nearest right name.
    """
    kind = _readable(document, kinds, source)
    try:
        work = kind.model_validate(document, context={"root": root})
    except ValidationError as error:
        raise SpecError(f"{source}: {explain(error, document, kind)}") from None
    return work if root is None else _absolute(work, root)


def find_faults(document: Any, *, source: str = "job", kinds: Sequence[type[Work]] = WORKS) -> Sequence[Fault]:
    """What `parse_job` would say is wrong, each thing with its place; nothing where the document is a job."""
    try:
        kind = _readable(document, kinds, source)
        kind.model_validate(document)
    except ValidationError as error:
        return faults(error, document, kind)
    except SpecError as error:
        return [Fault(str(error))]
    return []


def _readable(document: Any, kinds: Sequence[type[Work]], source: str) -> type[Work]:
    """The kind that a document is to be read as. Raises `SpecError` where it cannot be read at all."""
    if not isinstance(document, dict):
        raise SpecError(f"{source}: a job is a mapping of settings, this is {type(document).__name__}")
    check_values(document, source=source)
    return _kind(document, kinds, source)


def _kind(document: Mapping[str, Any], kinds: Sequence[type[Work]], source: str) -> type[Work]:
    """Of what the document says."""
    by_name = {kind.model_fields["kind"].default: kind for kind in kinds}
    named = document.get("kind", ABSENT)
    if isinstance(named, str) and named in by_name:
        return by_name[named]
    hint = hints.for_type(str(named)[:MAX_SHOWN], list(by_name), setting="kind", types="Kinds")
    raise SpecError(f"{source}: unknown kind {shown(named)}; {hint}")


def parse_judge(document: Any, *, root: Path, source: str) -> Judge:
    """The judge in a parsed document. ``root``: folder that relative paths are taken from.

    Raises `SpecError` as `parse_job` does.
    """
    if not isinstance(document, dict):
        raise SpecError(f"{source}: one judge is a mapping, this is {type(document).__name__}: write {{type: math}}")
    check_values(document, source=source)
    try:
        judge = _JUDGE.validate_python(document, context={"root": root})
    except ValidationError as error:
        raise SpecError(f"{source}: {explain(error, document, AnyJudge)}") from None
    judge.check(whose=f"the judge {source}")
    return judge


_JUDGE: TypeAdapter[Judge] = TypeAdapter(AnyJudge)


def parse_prompts(document: Mapping[str, Any], *, source: str) -> Prompts:
    """Where prompts come from, of a parsed document. Raises `SpecError` as `parse_job` does."""
    check_values(document, source=source)
    try:
        return Prompts.model_validate(document)
    except ValidationError as error:
        raise SpecError(f"{source}: {explain(error, document, Prompts)}") from None


def read_file(path: Path, what: str) -> Any:
    """The document in a file. Raises `SpecError` that says ``what`` the file is to hold."""
    try:
        with open_regular(path) as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"cannot read the {what} file {str(path)!r}: {error.strerror}") from error
    read, kind = (read_json, "JSON") if path.suffix == ".json" else (read_yaml, "YAML")
    try:
        return read(text)
    except SpecError as error:
        raise SpecError(f"the {what} file {str(path)!r} is not {kind}: {error}") from None


def _absolute(work: Work, root: Path) -> Work:
    """Paths become absolute: of prompts, of models where a directory of that name lies below ``root``.

    Any other model is a hub id, or what a stage makes, and stays as written, and so do datasets of the hub and of a
    gateway; `~` is the user's home in both.
    """

    def resolve(key: str, value: str) -> str:
        if value.startswith((HUB, DATASET, MODEL, STAGE)):
            return value
        path = root / Path(value).expanduser()
        return str(path.resolve()) if key == "path" or value.startswith("~") or path.exists() else value

    return replaced(work, resolve)
