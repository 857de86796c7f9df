"""TensorBoard reads its curves back. Weights & Biases and MLflow are read back in tests/e2e/test_examples.py."""

import math
from pathlib import Path

import pytest

from raylign.trackers.tensorboard import TensorBoard


def curves(directory: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(directory / "tensorboard"))
    events.Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_tensorboard_reads_its_curves_back(tmp_path):
    sink = TensorBoard().open(tmp_path, "tiny")
    sink.log(1, {"math/satisfied": 0.5, "math/reward": None})
    sink.log(2, {"math/satisfied": 0.75})
    sink.close(succeeded=True)
    assert curves(tmp_path) == {"math/satisfied": [(1, 0.5), (2, 0.75)]}


def test_a_resumed_run_hides_the_steps_it_makes_again(tmp_path):
    for attempt, (next_step, steps) in enumerate([(0, (1, 2, 3)), (2, (2, 3))]):
        sink = TensorBoard().open(tmp_path, "tiny")
        sink.rewind(next_step)
        for step in steps:
            sink.log(step, {"loss": attempt})
        sink.close(succeeded=True)
    assert curves(tmp_path) == {"loss": [(1, 0.0), (2, 1.0), (3, 1.0)]}


def test_a_point_is_on_disk_before_close(tmp_path):
    sink = TensorBoard().open(tmp_path, "tiny")
    sink.log(1, {"loss": math.pi})
    assert curves(tmp_path)["loss"][0][1] == pytest.approx(math.pi)
    sink.close(succeeded=True)
