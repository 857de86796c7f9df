"""Memory of two ranks under ZeRO-3 while the policy is loaded and saved, against ranks that load and gather all of it.

Peaks are of resident memory (VmRSS, looked at every few milliseconds), above what the process had before.
"""

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch.multiprocessing as mp

from benchmarks import models, our_side
from benchmarks.training import free_port
from raylign.spec import Job, parse_job

RANKS = 2
LOOK_S = 0.003
MIB = 2**20
FILE_BYTES = 64 * MIB
"""Of a weight file here, in place of the 5 GB that no model of these shapes has."""
AIM = 0.65
"""Of the whole model: more no rank may need, but for its own part of the optimizer."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=("tiny", "135m", "500m"), action="append", help="default: 135m and 500m")
    options = parser.parse_args()
    print("| policy | ranks | whole model, MiB | loading, of it | saving, of it |\n|---|---|---|---|---|")
    met = True
    for shape in options.shape or ("135m", "500m"):
        with tempfile.TemporaryDirectory() as folder:
            models.save_policy(shape, Path(folder))
            for whole in (True, False):
                ranks = measured(Path(folder), whole=whole)
                peaks = {phase: max(rank[phase] for rank in ranks) / ranks[0]["whole"] for phase in ("load", "save")}
                met = met and (whole or max(peaks.values()) <= AIM)
                how = "load and gather all of it" if whole else "in shards"
                print(
                    f"| {shape} | {how} | {ranks[0]['whole'] / MIB:.0f} | {peaks['load']:.2f} | {peaks['save']:.2f} |"
                )
                sys.stdout.flush()
    print(f"aim: {AIM} in shards: {'met' if met else 'MISSED'}")
    return 0 if met else 1


def measured(policy: Path, *, whole: bool) -> list[dict[str, float]]:
    """Bytes by phase, of each rank; ``whole``: of the model."""
    with tempfile.TemporaryDirectory() as out:
        mp.start_processes(_rank, (free_port(), str(policy), out, whole), nprocs=RANKS, start_method="spawn")
        return [json.loads(Path(out, f"{rank}.json").read_text()) for rank in range(RANKS)]


def _rank(rank: int, port: int, policy: str, out: str, whole: bool) -> None:
    from actors.training import trainer, weight_files

    weight_files.FILE_BYTES = FILE_BYTES
    if whole:  # as it was before there were shards
        trainer.load_in_shards = lambda *_, **__: None  # type: ignore[assignment]
        trainer.keeps_names = lambda _: False  # type: ignore[assignment]
    from actors.training.zero import join_process_group

    place = {"rank": rank, "world_size": RANKS, "master_addr": "127.0.0.1", "master_port": port, "device": "cpu"}
    join_process_group(**place, timeout_s=600)  # type: ignore[arg-type]
    peaks: dict[str, float] = {}
    loaded: dict[str, Any] = {}

    def load(self: Any) -> Any:
        with _peak(peaks, "load"):
            loaded["model"] = original(self)
        return loaded["model"]

    original = trainer.PolicyTrainer._loaded
    trainer.PolicyTrainer._loaded = load  # type: ignore[method-assign]
    made = trainer.PolicyTrainer(job=_job(policy), **place, threads=1)  # type: ignore[arg-type]
    peaks["whole"] = float(made.ready()["parameters"] * 4)
    checkpoint = Path(out, "checkpoint")
    checkpoint.mkdir(exist_ok=True)
    with _peak(peaks, "save"):
        made._save_policy(checkpoint / "policy")
    Path(out, f"{rank}.json").write_text(json.dumps(peaks))


def _job(policy: str) -> Job:
    batch = our_side.Batch(prompts=1, samples=2, tokens=8)
    nowhere = Path("nowhere")
    document = our_side.job("grpo", model=Path(policy), reward=nowhere, prompts=nowhere, batch=batch, steps=1)
    document["trainer"] |= {"ranks": RANKS, "zero_stage": 3}
    return parse_job(document)


@contextmanager
def _peak(peaks: dict[str, float], phase: str) -> Iterator[None]:
    """Notes the most memory that this process had within, above what it has at the beginning."""
    before, most, over = _resident(), [0], threading.Event()

    def look() -> None:
        while not over.wait(LOOK_S):
            most[0] = max(most[0], _resident() - before)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        peaks[phase] = max(most[0], _resident() - before)


def _resident() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


if __name__ == "__main__":
    sys.exit(main())
