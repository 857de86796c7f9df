"""What is answered in OpenAI's words."""

from typing import get_args

from openai.types.fine_tuning import FineTuningJob as Theirs
from service import end, step, warning

from raylign.record.events import Event
from raylign.record.events.payloads import CheckpointSaved, RunPaused, Status, Tracked
from raylign.service.openai.objects import FILE_STATUS, STATUS, FineTuningEvent, FineTuningJob
from raylign.service.store import DatasetState, State


def test_every_state_has_a_status_and_every_required_field_is_there() -> None:
    assert STATUS.keys() == set(State)
    assert FILE_STATUS.keys() == set(DatasetState)
    theirs = set(get_args(Theirs.model_fields["status"].annotation))
    assert set(STATUS.values()) - theirs == {"pausing", "paused"}
    assert set(Theirs.model_fields) == set(FineTuningJob.model_fields)


def test_events_are_put_in_words_and_steps_in_numbers() -> None:
    said = [
        step(1, step=0, steps=9),
        warning(2, "slow"),
        end(3, "failed", "no room"),
        Event.of(CheckpointSaved(step=4, path="/x"), seq=4),
        Event.of(RunPaused(step=4, message="later"), seq=5),
        Event.of(Status(phase="placing", detail="4 GPUs"), seq=6),
        Event.of(Tracked(tracker="mlflow", link="x"), seq=7),
    ]
    told = [FineTuningEvent.of(event) for event in said]
    assert [(one.level, one.type, one.message) for one in told] == [
        ("info", "metrics", "Step 1/9: nothing to learn from"),
        ("warn", "message", "slow"),
        ("error", "message", "The job has failed: no room"),
        ("info", "message", "Checkpoint created at step 4"),
        ("info", "message", "The job was paused: later"),
        ("info", "message", "placing: 4 GPUs"),
        ("info", "message", "tracker"),
    ]
