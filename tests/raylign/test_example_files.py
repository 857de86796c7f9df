"""Every example is a right job: its prompts, models and templates are there."""

import pytest
from jobs import EXAMPLES

from raylign.plan.stages import check_work
from raylign.spec import load_job


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_example_file(file, monkeypatch):
    monkeypatch.setenv("RAYLIGN_ENDPOINTS", str(EXAMPLES / "endpoints" / "endpoints.yaml"))
    work = load_job(file)
    for job, checked in zip(work.jobs, check_work(work), strict=True):
        counts = checked.prompts
        assert checked.warnings == ()
        assert checked.notes == ()
        assert counts.keys() == {task.name for task in job.tasks}
        assert all(counts[task.name] >= task.prompts_per_step for task in job.tasks)
