"""Files of scored samples become files of pairs; what is no row is refused by its line."""

import json

import pytest

from raylign.errors import SpecError
from raylign.plan.survey import survey_prompts
from raylign.sources.anchors import anchored, ranked
from raylign.sources.scored import write_pairs
from raylign.spec.kinds.preferences import PreferenceTask


def said(choice, score, why="because"):
    return {"response": f"<explanation>{why}</explanation><choice>{choice}</choice>", "score": score}


ROWS = [
    {"prompt": "p0", "answer": "B", "samples": [said("B", 4.0, "good"), said("B", 1.0, "poor")]},
    {"prompt": "p1", "answer": "B", "samples": [said("A", 4.6), said("B", 4.0), said("A", 1.0), said("B", None)]},
    {
        "messages": [{"role": "user", "content": "p2"}],
        "answer": "B",
        "samples": [said("A", 4.0)],
        "consultant": "so it is",
    },
    {"prompt": "p3", "answer": "B", "samples": [{"response": "B", "score": 2}]},
]


@pytest.fixture
def make(tmp_path):
    def make(rows, draw=None, seed=0):
        path, out = tmp_path / "scored.jsonl", tmp_path / "pairs.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        counts = write_pairs(path, out, draw or anchored(), seed=seed)
        return counts, [json.loads(line) for line in out.read_text().splitlines()]

    return make


def test_pairs_by_class_with_the_consultant_in_the_tasks_form_and_the_rest_counted(make):
    counts, pairs = make(ROWS)
    assert [(row["chosen"], row["rejected"], row["metadata"]["kind"]) for row in pairs] == [
        (said("B", 0, "good")["response"], said("B", 0, "poor")["response"], "correct"),
        (said("B", 0)["response"], said("A", 0)["response"], "variable"),
        (said("B", 0, "so it is")["response"], said("A", 0)["response"], "incorrect"),
    ]
    assert [row.get("prompt") or row["messages"][0]["content"] for row in pairs] == ["p0", "p1", "p2"]
    assert counts == {
        "correct pair": 1, "variable pair": 1, "incorrect pair": 1, "no consultant": 1, "sample without a score": 1
    }  # fmt: skip


def test_rank_does_not_look_at_choices(make):
    counts, pairs = make(ROWS[1:2], ranked)
    assert pairs[0]["chosen"] == said("A", 0)["response"]
    assert counts == {"rank pair": 1, "sample without a score": 1}


def test_ties_are_the_seeds(make):
    tied = [said("B", 3.0, "x"), said("B", 3.0, "y"), said("A", 0)]
    rows = [{"prompt": str(at), "answer": "B", "samples": tied} for at in range(16)]
    first, again, other = (make(rows, seed=seed)[1] for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": " "}, "line 2: a row is"),
        ({"samples": [{"response": "B"}]}, "line 2: a sample is"),
        ({"samples": [said("B", True)]}, "line 2: a sample is"),
        ({"consultant": 3}, "line 2: `consultant` must be a text, it is int"),
        ({"messages": []}, "line 2: give it a `prompt`, or `messages`"),
    ],
)
def test_what_is_no_row_is_refused(make, change, message):
    with pytest.raises(SpecError, match=message):
        make([ROWS[0], {**ROWS[0], **change}])


def test_a_file_that_makes_no_pair_is_refused_with_the_reasons(make, tmp_path):
    with pytest.raises(SpecError, match=r"no pair comes of .*no consultant 1"):
        make(ROWS[3:])
    assert not (tmp_path / "pairs.jsonl").exists()


def test_the_pairs_are_a_preference_file(make, tmp_path):
    make(ROWS[:2])
    job_task = PreferenceTask(name="talk", prompts={"path": str(tmp_path / "pairs.jsonl")})
    assert survey_prompts(job_task.prompts, (), need_baseline=True).prompts == 2
