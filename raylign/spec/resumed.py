"""A run's job as it goes on: as it began, but for what may be otherwise from one attempt to the next."""

from collections.abc import Sequence
from typing import Any

from raylign.errors import SpecError
from raylign.spec.load import parse_job
from raylign.spec.overrides import override
from raylign.spec.recipe import Work
from raylign.spec.telling import shown

CHANGEABLE = ("trainer.ranks",)
"""A checkpoint's states are cut anew for other ranks; everything else decides what the steps before have made."""


def resumed(document: Any, settings: Sequence[str], *, source: str) -> Work:
    """The job in a run directory's document, with ``settings`` as `raylign.spec.overrides` reads them.

    The ZeRO stage stays what it was, though its default goes by the ranks. Raises `SpecError` for any other setting.
    """
    work = parse_job(document, source=source)
    if not settings:
        return work
    for setting in settings:
        key = setting.partition("=")[0]
        if key not in CHANGEABLE:
            raise SpecError(
                f"a run goes on with its own job: {shown(key)} stays as it is, only `{', '.join(CHANGEABLE)}` may "
                "change; for anything else start a new run"
            )
    if work.stages:
        raise SpecError("a recipe's stages go on with the ranks they have: leave the settings out")
    stage = f"trainer.zero_stage={work.jobs[0].trainer.sharding}"
    return parse_job(override(document, [stage, *settings]), source=source)
