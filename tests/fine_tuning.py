"""The unmodified `openai` package against a live gateway: files to send, a client, jobs as their drivers make them."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jobs import EXAMPLES
from openai import OpenAI
from service import KEY, TOKEN, Service, live_service, step
from uploads import Here

from raylign.record.events import Event
from raylign.record.lines import json_line
from raylign.service.openai.settings import FineTuning

MODEL = "gpt-4o-mini-2024-07-18"
"""What the operator calls the tiny policy."""
SETTINGS: dict[str, Any] = {
    "trainer": {"learning_rate": 1e-4},
    "rollout": {"max_tokens": 16, "context_tokens": 64},
    "policy": {"dtype": "float32"},
}


def demonstrations(count: int = 64) -> bytes:
    turns = [[{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"{n}!"}] for n in range(count)]
    return lines([{"messages": one} for one in turns])


def preferences(count: int = 64) -> bytes:
    return lines(
        [
            {
                "input": {"messages": [{"role": "user", "content": f"{n}?"}]},
                "preferred_output": [{"role": "assistant", "content": f"{n}!"}],
                "non_preferred_output": [{"role": "assistant", "content": "no"}],
            }
            for n in range(count)
        ]
    )


def lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@contextlib.contextmanager
def face(folder: Path, **settings: Any) -> Iterator[tuple[Service, OpenAI]]:
    """A gateway whose operator knows one model, and a client that was told its address and key, and no more."""
    said = FineTuning(models={MODEL: str(EXAMPLES / "tiny/policy")}, settings=SETTINGS)
    with (
        live_service(folder, inspecting=Here(), **{"fine_tuning": said, **settings}) as service,
        OpenAI(base_url=f"{service.url}/v1", api_key=KEY, max_retries=0) as client,
    ):
        yield service, client


def drive(service: Service, folder: Path, job_id: str, *events: Event) -> Path:
    """As the job's driver does: its first attempt reports, and writes its run directory. Returns that."""
    run = folder / "jobs" / job_id
    if not run.exists():
        run.mkdir(parents=True)
        service.store.confirm_attempt(service.store.begin_attempt(job_id, token=TOKEN, run_dir=str(run)))
    service.store.report(job_id, 1, TOKEN, list(events or [step(1)]))
    service.bulletin.post(job_id)
    return run


def write_result(run: Path, *, loss: float) -> None:
    """A model, and the numbers of one step."""
    (run / "model").mkdir()
    (run / "model" / "config.json").write_text("{}")
    (run / "metrics.jsonl").write_text(json_line({"step": 1, "train/loss": loss, "tokens": 64}) + "\n")
