"""What of a payload no reader can do without. A stranger's is looked at for it alone: reading all of it is slower."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from raylign import bounds
from raylign.record.events.reading import Step

Ending = Literal["succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Demand:
    """That data have a shape, and its ``words``, which follow "must have"."""

    words: str
    shape: TypeAdapter[Any]

    def met(self, data: Mapping[str, Any]) -> bool:
        try:
            self.shape.validate_python(data)
        except ValidationError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbered:
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured(_Numbered):
    tasks: Annotated[dict[str, dict[str, Any]], Field(max_length=bounds.TASKS)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    state: Ending


NOTHING = Demand("nothing", TypeAdapter(dict[str, Any]))
NUMBERED = Demand("a whole number as `step`", TypeAdapter(_Numbered))
MEASURED = Demand(
    f"a whole number as `step`, and as `tasks` at most {bounds.TASKS} objects by name", TypeAdapter(_Measured)
)
ENDED = Demand("as `state` one of succeeded, failed, cancelled", TypeAdapter(_Ended))
