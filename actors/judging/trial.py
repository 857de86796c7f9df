"""Judges that ask one model, tried on labeled rows in a process of its own and without Ray: for ``raylign judge``."""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from raylign.errors import SpecError
from raylign.judges.agreement import judge_file
from raylign.judges.askers import Asker, Endpoint, Question
from raylign.judges.endpoints.worker import EndpointWorker
from raylign.judges.judge import Judge
from raylign.judges.rows import LabeledRow
from raylign.record.whole import write_whole
from raylign.spec.trial import load_trial
from raylign.verdicts import Verdict

ROWS_PER_CALL = 256
"""As in a run: what an engine is asked at once."""
MEMORY_GB = 1.0
"""KV cache on CPU."""
ENDPOINT_S = 600.0
"""For a call of an endpoint."""


class Host(Protocol):
    """Who has the model: `actors.judging.llm_judge.LLMJudgeWorker`."""

    def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]: ...


def arguments(parser: ArgumentParser) -> None:
    """What `run` is told."""
    parser.add_argument("judge", help="a judge, a file of one, or a job file")
    parser.add_argument("rows", type=Path, help="JSON lines of labeled responses")
    parser.add_argument("--task", help="of the job")
    parser.add_argument("--name", action="append", required=True, help="a judge of the task; all ask one model")
    parser.add_argument("--out", type=Path, required=True, help="where to what is found is written, as JSON")


def run(options: Namespace, *, host: Callable[[Asker], Host] | None = None) -> None:
    """Raises `SpecError` where a judge, a row or the model is wrong. ``host``: `start`, where nobody else does."""
    trial = load_trial(options.judge, task=options.task)
    judges = [judge for judge in trial.judges if judge.label in options.name]
    write_whole(options.out, json.dumps(tried(judges, options.rows, (host or start)(_one_asker(judges)))))


def tried(judges: Sequence[Judge], rows: Path, host: Host) -> dict[str, dict[str, Any]]:
    """By label, what `judge_file` finds."""

    def ask(judge: Judge, rows: Sequence[LabeledRow]) -> list[Verdict]:
        (question,) = judge.asks()
        pairs = [(row.prompt, row.response) for row in rows]
        parts = (pairs[at : at + ROWS_PER_CALL] for at in range(0, len(pairs), ROWS_PER_CALL))
        return [verdict for part in parts for verdict in host.ask(question, part)]

    return {judge.label: judge_file(judge, rows, ask) for judge in judges}


def start(asker: Asker) -> Host:
    """Its engine, on a GPU where there is one, or the line to its endpoint."""
    if isinstance(asker, Endpoint):
        return EndpointWorker(name=asker.endpoint, seconds=ENDPOINT_S)
    import torch

    from actors.judging.llm_judge import LLMJudgeWorker

    device: Literal["cpu", "cuda"] = "cuda" if torch.cuda.is_available() else "cpu"
    return LLMJudgeWorker(
        model=asker.model,
        dtype=asker.dtype,
        tensor_parallel=asker.tensor_parallel,
        device=device,
        threads=os.cpu_count() or 1,
        memory_gb=MEMORY_GB,
    )


def _one_asker(judges: Sequence[Judge]) -> Asker:
    askers = {question.asker for judge in judges for question in judge.asks()}
    if len(askers) != 1:
        raise SpecError(
            f"{', '.join(judge.label for judge in judges)}: {len(askers)} models to ask, one at a time here"
        )
    return askers.pop()
