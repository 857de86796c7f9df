"""What `raylign explain` refuses before the workers' side begins."""

from command import raylign


def test_files_that_are_not_there_or_would_be_overwritten_are_refused(tmp_path):
    job, prompts = tmp_path / "job.yaml", tmp_path / "prompts.jsonl"
    assert f"there is no {str(job)!r}" in raylign("explain", job, prompts, tmp_path / "out").stderr
    job.write_text("")
    assert f"there is no {str(prompts)!r}" in raylign("explain", job, prompts, tmp_path / "out").stderr
    prompts.write_text("")
    assert "is read here: name another file" in raylign("explain", job, prompts, prompts).stderr
