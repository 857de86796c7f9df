import math
import sys
from pathlib import Path
from types import ModuleType

import pytest

from raylign.errors import RunError, SpecError
from raylign.record.sinks import SINKS, open_sinks, setting

FAKE_WANDB = """
class Run:
    logged, finished = [], False
    def log(self, values, step): self.logged.append((step, values))
    def finish(self): Run.finished = True
def init(**settings):
    Run.settings = settings
    return Run()
"""
FAKE_MLFLOW = """
calls = []
def start_run(run_name): calls.append(("start", run_name))
def log_metrics(values, step): calls.append((step, values))
def end_run(): calls.append("end")
"""


def fake_library(monkeypatch, name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(source, module.__dict__)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def curves(directory: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(directory / "tensorboard"))
    events.Reload()
    return {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_tensorboard_reads_its_curves_back(tmp_path):
    sink = SINKS["tensorboard"](tmp_path, "tiny")
    sink.log(1, {"math/satisfied": 0.5, "math/reward": None})
    sink.log(2, {"math/satisfied": 0.75})
    sink.close()
    assert curves(tmp_path) == {"math/satisfied": [(1, 0.5), (2, 0.75)]}


def test_a_resumed_run_hides_the_steps_it_makes_again(tmp_path):
    for attempt, (next_step, steps) in enumerate([(0, (1, 2, 3)), (2, (2, 3))]):
        sink = SINKS["tensorboard"](tmp_path, "tiny")
        sink.rewind(next_step)
        for step in steps:
            sink.log(step, {"loss": attempt})
        sink.close()
    assert curves(tmp_path) == {"loss": [(1, 0.0), (2, 1.0), (3, 1.0)]}


def test_a_point_is_on_disk_before_close(tmp_path):
    sink = SINKS["tensorboard"](tmp_path, "tiny")
    sink.log(1, {"loss": math.pi})
    assert curves(tmp_path)["loss"][0][1] == pytest.approx(math.pi)
    sink.close()


def test_wandb_gets_what_is_there(monkeypatch, tmp_path):
    wandb = fake_library(monkeypatch, "wandb", FAKE_WANDB)
    sink = SINKS["wandb"](tmp_path / "run", "tiny")
    sink.log(3, {"loss": 0.5, "reward": None})
    sink.close()
    assert wandb.Run.logged == [(3, {"loss": 0.5})]
    assert wandb.Run.finished
    assert wandb.Run.settings["name"] == "tiny"


def test_mlflow_gets_what_is_there(monkeypatch, tmp_path):
    mlflow = fake_library(monkeypatch, "mlflow", FAKE_MLFLOW)
    sink = SINKS["mlflow"](tmp_path, "tiny")
    sink.log(3, {"loss": 0.5, "reward": None})
    sink.close()
    assert mlflow.calls == [("start", "tiny"), (3, {"loss": 0.5}), "end"]


@pytest.mark.parametrize("kind", ["tensorboard", "wandb", "mlflow"])
def test_an_absent_library_is_named(monkeypatch, tmp_path, kind):
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(RunError, match=f"pip install {kind}"):
        SINKS[kind](tmp_path, "tiny")


@pytest.mark.parametrize(
    ("named", "opened"), [("", ["TensorBoard"]), (" mlflow, tensorboard,", ["TensorBoard", "MLflow"])]
)
def test_the_operator_names_sinks_besides_tensorboard(monkeypatch, tmp_path, named, opened):
    monkeypatch.setenv("RAYLIGN_SINKS", named)
    fake_library(monkeypatch, "mlflow", FAKE_MLFLOW)
    sinks = open_sinks(tmp_path, "tiny")
    assert [type(sink).__name__ for sink in sinks] == opened
    assert setting() == ({"RAYLIGN_SINKS": named} if named else {})
    for sink in sinks:
        sink.close()


def test_a_sink_that_is_not_known_is_named_with_those_that_are(monkeypatch, tmp_path):
    monkeypatch.setenv("RAYLIGN_SINKS", "mlfow")
    with pytest.raises(SpecError, match="'mlfow', which is no place for metrics: known are tensorboard, wandb, mlflow"):
        open_sinks(tmp_path, "tiny")
