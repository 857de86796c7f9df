"""How a yes/no question is worded, and the wordings that come with the library: a file each, chosen by name."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml

from raylign.judges.askers import Spelled
from raylign.judges.questions.phrasing import Phrasing

Name = Literal["factuality", "refusal", "safety", "style"]
NAMES: tuple[Name, ...] = get_args(Name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A question about one response, and the two words that answer it."""

    phrasing: Phrasing
    positive: Spelled
    """Satisfied."""
    negative: Spelled
    """Violated."""
    needs: str | None = None
    """The metadata key without which the question means nothing, and is not put."""
    silence: Literal["satisfied", "violated"] | None = None
    """What a response is that says nothing; None: that is asked, too."""


@cache
def shipped(name: Name) -> Wording:
    """The wording of ``raylign/judges/questions/wordings/NAME.yaml``."""
    text = (files("raylign.judges.questions") / "wordings" / f"{name}.yaml").read_text(encoding="utf-8")
    said: dict[str, Any] = yaml.safe_load(text)
    phrasing = Phrasing(user=said.pop("user"), system=said.pop("system"))
    positive, negative = tuple(said.pop("positive")), tuple(said.pop("negative"))
    return Wording(phrasing=phrasing, positive=positive, negative=negative, **said)
