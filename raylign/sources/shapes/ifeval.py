"""IFEval (Zhou et al. 2023): a prompt, and which instructions it gives, by id and arguments."""

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Values, text
from raylign.spec.telling import shown


def _read(values: Values, place: str) -> Parts:
    ids, arguments = values.get("instruction_id_list"), values.get("kwargs")
    if not (isinstance(ids, list) and isinstance(arguments, list) and len(ids) == len(arguments)):
        raise SpecError(
            f"{place}: `instruction_id_list` and `kwargs` must be lists of the same length, they are {shown(ids)} and "
            f"{shown(arguments)}"
        )
    wanted = [{"id": name, "kwargs": _known(given)} for name, given in zip(ids, arguments, strict=True)]
    return {"prompt": text(values, "prompt", place), "metadata": {"if_requirements": wanted}}


def _known(given: object) -> object:
    """Arguments without those that are null: the hub's files give every instruction the names of all."""
    return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


IFEVAL = Shape(
    name="IFEval",
    takes=frozenset({"prompt", "instruction_id_list", "kwargs"}),
    means="`prompt` is the prompt, `instruction_id_list` with `kwargs` metadata.if_requirements",
    fits=lambda values: {"prompt", "instruction_id_list", "kwargs"} <= values.keys(),
    read=_read,
)
