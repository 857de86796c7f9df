"""Baselines on disk: appended, exact, and whole again after a torn end."""

import resource
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import make_completion, make_prompt

from raylign.errors import RunError
from raylign.record.samples import SampleFile
from raylign.types import Rating, Sample
from raylign.verdicts import Verdict


def make_sample(number: int) -> Sample:
    completion = make_completion(make_prompt(number=number), None, text='a "quoted" line\u2028and more', logprob=-1 / 3)
    return Sample(
        completion=completion,
        verdicts=(
            Verdict(judge="j", satisfied=None, reason="timeout", seconds=0.1),
            Verdict(judge="k", satisfied=True),
        ),
        reward=0.1 + 0.2 + number,
        ratings=(Rating(reward="rules", value=1 / 3), Rating(reward="model", value=None, reason="template")),
    )


SAMPLES = {f"math/{number}": make_sample(number) for number in range(6)}


def test_what_is_kept_is_read_again_to_the_last_bit(tmp_path):
    path = tmp_path / "baselines.jsonl"
    problem = replace(SAMPLES["math/0"], reward=None, reward_problem="too long", verdicts=())
    with SampleFile(path) as file:
        file.append({"math/0": problem})
        file.append({prompt: SAMPLES[prompt] for prompt in ("math/3", "math/1")})
        assert dict(file) == {"math/0": problem, "math/3": SAMPLES["math/3"], "math/1": SAMPLES["math/1"]}
    with SampleFile(path) as file:
        assert dict(file) == {"math/0": problem, "math/3": SAMPLES["math/3"], "math/1": SAMPLES["math/1"]}
        assert "math/2" not in file
        assert file.get("math/2") is None


@pytest.mark.parametrize("cut", [1, 2, 100])
def test_a_torn_last_line_is_cut_and_written_again(tmp_path: Path, cut: int):
    path = tmp_path / "baselines.jsonl"
    with SampleFile(path) as file:
        file.append(SAMPLES)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with SampleFile(path) as file:
        assert list(file) == list(SAMPLES)[:-1]
        file.append({"math/5": SAMPLES["math/5"]})
        assert file["math/5"] == SAMPLES["math/5"]
    assert path.read_bytes() == whole


def test_damage_in_the_middle_is_said_with_its_place(tmp_path):
    path = tmp_path / "baselines.jsonl"
    with SampleFile(path) as file:
        file.append(SAMPLES)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"\0" * 20 + b"\n" + b"".join(lines[1:]))
    with pytest.raises(RunError, match=f"is damaged at byte {len(lines[0])} .*: cut it off there"):
        SampleFile(path)


def test_a_full_disk_is_said_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "baselines.jsonl"
    with SampleFile(path) as file:
        file.append({"math/0": SAMPLES["math/0"]})
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, hard))
        try:
            with pytest.raises(RunError, match="cannot write .*is the disk full"):
                file.append(SAMPLES)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    with SampleFile(path) as file:
        assert dict(file) == {"math/0": SAMPLES["math/0"]}


def test_where_nothing_can_be_written_is_said(tmp_path):
    with pytest.raises(RunError, match="cannot write .*: choose another run directory"):
        SampleFile(tmp_path / "nowhere" / "baselines.jsonl")


def test_a_file_of_before_baselines_had_no_index_is_refused_in_words(tmp_path):
    path = tmp_path / "baselines.jsonl"
    with SampleFile(path) as file:
        file.append({"math/0": replace(SAMPLES["math/0"], reward_problem='"index": -1, is no index')})
    with SampleFile(path) as file:
        assert len(file) == 1
    path.write_bytes(path.read_bytes().replace(b'"index": null', b'"index": -1'))
    with pytest.raises(RunError, match="as an earlier raylign wrote them: remove it"):
        SampleFile(path)
