"""Example jobs cut to test size, and the commands that run them."""

import json
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from raylign.record.rundir import RunDirectory
from raylign.spec import load_job

EXAMPLES = Path(__file__).parents[1] / "examples"
PATIENCE_S = 600
"""Ten times what a run takes on two idle cores: what ends a wait is a hang, not a busy machine."""


def small_job(directory: Path, *examples: str, **changes: Any) -> Path:
    """The first example with its top-level keys changed, prompts and evaluation cut, written into ``directory``.

    More examples add their tasks, each under its example's name: one fleet then runs them all. ``task``: changes to
    every task.
    """
    documents = [load_job(EXAMPLES / f"{example}.yaml").model_dump(mode="json") for example in examples]
    job = documents[0]
    job["tasks"] = [
        {**task, "name": f"{example}-{task['name']}" if len(examples) > 1 else task["name"]}
        for example, document in zip(examples, documents, strict=True)
        for task in document["tasks"]
    ]
    for task in job["tasks"]:
        task |= {"prompts_per_step": 3, **deepcopy(changes.get("task", {}))}  # what is shared would be a YAML anchor
    job |= {"steps": 2, "evaluation": {"prompts": 4}, **{k: v for k, v in changes.items() if k != "task"}}
    file = directory / f"{'-'.join(examples)}.yaml"
    file.write_text(yaml.safe_dump(job))
    return file


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """``python -m ...`` in a session of its own, so that it can be killed with or without its children."""
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )


def finish(process: "subprocess.Popen[str]", *, seconds: float = PATIENCE_S) -> tuple[int, str]:
    """Exit status and output. A process that overstays is killed and fails the test with what it said."""
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        raise AssertionError(f"no end within {seconds} s; it said:\n{output[-4000:]}") from None
    return process.returncode, output


def run_job(*arguments: str, seconds: float = PATIENCE_S) -> tuple[int, str]:
    """``python -m actors run ...`` to its end."""
    return finish(start("actors", "run", "--no-dashboard", *arguments), seconds=seconds)


def wait_for_step(run: Path, step: int, process: "subprocess.Popen[str]", *, seconds: float = PATIENCE_S) -> None:
    """Until the run has told of ``step``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        metrics = run / "metrics.jsonl"
        if metrics.exists() and any(json.loads(line)["step"] >= step for line in metrics.read_text().splitlines()):
            return
        if process.poll() is not None:
            raise AssertionError(f"the run ended early with {process.returncode}:\n{process.stdout.read()[-4000:]}")
        time.sleep(0.1)
    raise AssertionError(f"step {step} did not come within {seconds} s")


def untimed(run: Path) -> list[dict[str, Any]]:
    """The run's metrics less those of the clock."""
    return [
        {key: value for key, value in row.items() if not key.startswith("seconds/") and "_s" not in key}
        for row in RunDirectory(run).metrics()
    ]
