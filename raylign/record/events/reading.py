"""How fields of a payload are read: another version may have written it, or a stranger.

Where a field is absent, or no such thing, the next best stands in its place; readers need not ask. Pydantic does it in
one pass. Who makes a payload says every field of it: its constructor has no defaults but those that are meant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MOST = 2**53
"""Of whole numbers: what every reader of JSON holds exactly."""
MOST_PARTS = 65_536
"""Of a list of parts, each of which is read. Two bytes of JSON, ``{}``, may be one: a longer list is no such thing."""


@dataclass(frozen=True, slots=True)
class Else:
    """What is read where the field is absent and, but for ``wrong="raise"``, where it cannot be read."""

    make: Callable[[], Any]
    wrong: Literal["default", "raise"] = "default"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default_factory=self.make, on_error=self.wrong)


def _nothing() -> None:
    return None


Step = Annotated[int, Field(strict=True, ge=0, le=MOST)]
"""Number of a step. No event that has one can be read without."""
Count = Annotated[int, Field(strict=True, ge=0, le=MOST), Else(int)]
Known = Annotated[int | None, Field(strict=True, ge=0, le=MOST), Else(_nothing)]
"""A count; None where it is not known."""
Number = Annotated[float | None, Field(strict=True, allow_inf_nan=False), Else(_nothing)]
"""A finite number; None where it is not known, or not one."""
Seconds = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False), Else(float)]
Truth = Annotated[bool | None, Field(strict=True), Else(_nothing)]
Text = Annotated[str, Field(strict=True), Else(str)]
Place = Annotated[str | None, Field(strict=True), Else(_nothing)]
"""A path, where there is one."""

Numbers = Annotated[Mapping[str, Number], Else(dict)]
Counts = Annotated[Mapping[str, Count], Else(dict)]
Texts = Annotated[Mapping[str, Text], Else(dict)]
