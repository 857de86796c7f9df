"""Settings beside a job's file: where they go, and what is said of those that go nowhere."""

import pytest
import yaml
from documents import document, task

from raylign.errors import SpecError
from raylign.spec import load_job
from raylign.spec.overrides import override

MIXTURE = {
    "steps": 3,
    "reference": None,
    "tasks": [
        {"name": "math", "judges": [{"type": "math"}, {"type": "length", "maximum": 9}]},
        {"name": "chat", "judges": [{"type": "llm", "name": "kind"}, {"type": "llm", "name": "true"}]},
    ],
}


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("steps=10", lambda put: put["steps"] == 10),
        ("name='10'", lambda put: put["name"] == "10"),
        ("name=a=b", lambda put: put["name"] == "a=b"),
        ("trainer.learning_rate=1.0e-5", lambda put: put["trainer"] == {"learning_rate": 1e-5}),
        ("reference.model=org/ref", lambda put: put["reference"] == {"model": "org/ref"}),
        ("tasks.chat.weight=2", lambda put: put["tasks"][1]["weight"] == 2),
        ("tasks[1].weight=2", lambda put: put["tasks"][1]["weight"] == 2),
        ("tasks.1.weight=2", lambda put: put["tasks"][1]["weight"] == 2),
        ("tasks.math.judges.length.maximum=4", lambda put: put["tasks"][0]["judges"][1]["maximum"] == 4),
        ("tasks.chat.judges.true.when={a: b}", lambda put: put["tasks"][1]["judges"][1]["when"] == {"a": "b"}),
        ("tasks.math.judges=[]", lambda put: put["tasks"][0]["judges"] == []),
    ],
)
def test_a_setting_goes_where_its_key_says(setting, found):
    before = yaml.safe_dump(MIXTURE)
    assert found(override(MIXTURE, [setting]))
    assert yaml.safe_dump(MIXTURE) == before


def test_the_last_word_holds():
    assert override({}, ["steps=1", "steps=2"]) == {"steps": 2}


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("steps", "'steps' is no setting: write `steps=10`, `tasks.math.weight=2`"),
        ("=3", "'=3' is no setting"),
        ("tasks..weight=3", "'tasks..weight=3' is no setting"),
        ("steps=[", "the value of 'steps' is not YAML: "),
        ("steps=&a 3", "the value of 'steps' is not YAML: line 1: anchor '&a' is not taken"),
        ("tasks.mth.weight=2", "'tasks.mth.weight' leads nowhere: 'tasks' has no 'mth'; did you mean 'math'?"),
        ("tasks.7.weight=2", "'tasks' has no '7'; there are math, chat"),
        ("tasks.math.judges.size=2", "'tasks[0].judges' has no 'size'; there are math, length"),
        ("steps.x=2", "'steps.x' leads nowhere: 'steps' is 3, which has no settings in it"),
        ("tasks.twin.weight=2", "'tasks.twin.weight' could be any of 2: write `tasks[2]`"),
    ],
)
def test_what_goes_nowhere_is_told_with_what_would(setting, says):
    with pytest.raises(SpecError) as refused:
        override({**MIXTURE, "tasks": [*MIXTURE["tasks"], {"name": "twin"}, {"name": "twin"}]}, [setting])
    assert says in str(refused.value)


def test_it_is_checked_as_the_file_is(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(task(weight=0.5)))
    job = load_job(file, ["steps=10", "tasks.math.weight=2", "tasks.math.prompts.path=other.jsonl"])
    assert (job.steps, job.tasks[0].weight) == (10, 2.0)
    assert job.tasks[0].prompts.path == str(tmp_path / "other.jsonl")
    assert load_job(file).steps == document()["steps"]
    for setting, says in {
        "tasks.math.wieght=2": "unknown key 'tasks[0].wieght'; did you mean 'weight'?",
        "trainer.lr=1": "unknown key 'trainer.lr'; here that is `trainer.learning_rate`",
        "steps=many": "'steps' is 'many': input should be a valid integer",
        "kind=algin": "unknown kind 'algin'; did you mean 'align'?",
    }.items():
        with pytest.raises(SpecError) as refused:
            load_job(file, [setting])
        assert says in str(refused.value)
