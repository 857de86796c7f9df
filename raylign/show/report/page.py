"""From a run directory to its ``report.html``."""

import time
from pathlib import Path
from typing import Any

from raylign.record.history import History
from raylign.record.rundir import RunDirectory
from raylign.record.whole import write_whole
from raylign.show.report.chapter import chapter
from raylign.show.report.environment import environment
from raylign.show.report.verdict import stages_verdict


def write_report(run: RunDirectory) -> Path:
    """Write the report of what the run's events tell so far, and return where it is.

    Needs no lock. Call it after the end event was appended, or it says that the run has not ended.
    Raises `SpecError` where there is no run.
    """
    history = History()
    for event in run.events():
        history.add(event)
    write_whole(run.report_path, render(history, run.job(), model=_model(run, history)))
    return run.report_path


def render(history: History, job: dict[str, Any], *, model: str | None) -> str:
    """The page. Everything from models, judges and users is escaped, and its control characters made visible."""
    stages = {one.get("name"): one for one in job.get("stages", ())}
    documents = [stages.get(one.stage.stage, {}) if one.stage else job for one in history.chapters]
    chapters = [chapter(one, asked, model) for one, asked in zip(history.chapters, documents, strict=True)]
    return (
        environment()
        .get_template("page.html")
        .render(
            history=history,
            name=history.name if history.plan or history.stage else job.get("name") or "job",
            asked=f"{len(stages)} stages: {', '.join(map(str, stages))}" if stages else chapters[0]["asked"],
            verdict=stages_verdict(history, len(stages)) if stages else chapters[0]["verdict"],
            when=time.strftime("%Y-%m-%d %H:%M", time.localtime(history.begun)) if history.begun else "",
            took=(history.latest or 0) - (history.begun or 0),
            chapters=chapters,
        )
    )


def _model(run: RunDirectory, history: History) -> str | None:
    if history.end and history.end.model:
        return history.end.model
    return str(run.model_path.resolve()) if run.model_path.exists() else None
