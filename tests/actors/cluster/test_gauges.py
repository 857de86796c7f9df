"""A run's gauges are set as events say, again and again, until the run is over."""

import random
import time
from dataclasses import replace
from typing import Any

from event_stream import step_done

from actors.cluster.gauges import RayGauges
from raylign.monitor.gauges import GAUGES
from raylign.record.events.payloads import Status

Set = tuple[str, float, dict[str, str]]


class Made:
    """Notes what gauges are made, and what they are set to."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, ...]] = {}
        self.sets: list[Set] = []

    def __call__(self, name: str, *, description: str, tag_keys: tuple[str, ...]) -> Any:
        made = self

        class OfName:
            def set(self, value: float, tags: dict[str, str] | None = None) -> None:
                assert tags is not None
                assert tuple(tags) == tag_keys  # Ray raises for one that is missing
                made.sets.append((name, value, tags))

        self.keys[name] = tag_keys
        return OfName()

    def last(self, name: str) -> list[Set]:
        """What it was set to when it was told last."""
        return [one for one in self.sets if one[0] == name]


RUN = {"align_job": "job_1", "attempt": "2"}


def test_what_an_event_says_is_shown_with_the_run_s_labels() -> None:
    made = Made()
    step = step_done(("math",), 0, 4, random.Random(0))
    with RayGauges(align_job="job_1", attempt=2, make=made, again_s=60) as gauges:
        gauges(Status(phase="generate"))
        assert made.sets == []
        gauges(step)
    assert made.keys.keys() == {f"raylign_{gauge.name}" for gauge in GAUGES}
    assert made.last("raylign_satisfied") == [
        ("raylign_satisfied", step.tasks["math"].satisfied, {**RUN, "task": "math"})
    ]
    assert made.last("raylign_step") == [("raylign_step", 1.0, RUN)]


def test_what_was_shown_is_shown_again_and_nothing_after_the_exit() -> None:
    made = Made()
    with RayGauges(align_job="job_1", attempt=2, make=made, again_s=0.01) as gauges:
        gauges(step_done(("math",), 0, 4, random.Random(0)))
        deadline = time.monotonic() + 20
        while len(made.last("raylign_step")) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(made.last("raylign_step")) >= 5
    told = len(made.sets)
    time.sleep(0.05)
    assert len(made.sets) == told


def test_what_is_no_longer_said_is_no_longer_shown() -> None:
    made = Made()
    step = step_done(("math", "chat"), 0, 4, random.Random(0))
    with RayGauges(align_job="job_1", attempt=2, make=made, again_s=60) as gauges:
        gauges(step)
        made.sets.clear()
        gauges(replace(step, tasks={"math": replace(step.tasks["math"], reward=None)}))
    assert [tags["task"] for _, _, tags in made.last("raylign_satisfied")] == ["math"]
    assert made.last("raylign_reward") == []
