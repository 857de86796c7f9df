"""All kinds of jobs, as a document names them by ``kind``: a line for every kind."""

from typing import Any, Union

from raylign.spec.job import Job
from raylign.spec.kinds.align import Align
from raylign.spec.kinds.preferences import Preferences
from raylign.spec.kinds.rated import Rated
from raylign.spec.kinds.reward_model import RewardModel
from raylign.spec.kinds.sft import SFT

KINDS: tuple[type[Job], ...] = (Align, Preferences, SFT, Rated, RewardModel)
ABSENT = "align"
"""The kind of a document that names none."""
AnyJob: Any = Union[KINDS]  # noqa: UP007
"""Their union, for the JSON schema."""
