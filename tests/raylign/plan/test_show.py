"""A plan shows where memory goes, and says what it does not know."""

import io
import json
from dataclasses import replace
from pathlib import Path

from hollow import TINY, save_llama
from rich.console import Console

from raylign.plan.cluster import Cluster, Node
from raylign.plan.memory.terms import GIB
from raylign.plan.resolve import make_plan
from raylign.plan.show import show_plan
from raylign.spec import parse_job


def test_terms_stand_beside_what_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text(json.dumps({"prompt": "x" * 40}))
    job = parse_job(
        {
            "name": "shown", "steps": 1, "policy": {"model": str(save_llama(tmp_path / "tiny", **TINY))},
            "rollout": {"workers": 3},
            "tasks": [
                {
                    "name": "task", "prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 1,
                    "method": {"type": "grpo"}, "reward": {"model": "org/rm"},
                }
            ],
        }
    )  # fmt: skip
    out = io.StringIO()
    plan = make_plan(job, Cluster(nodes=(Node(cpus=8, gpus=0, memory_bytes=2**36),)))
    show_plan(plan, Console(file=out, width=300))
    lines = [line.split() for line in out.getvalue().splitlines() if line.strip()]
    at = lines.index(["memory", "GiB"])
    assert lines[at + 1] == ["policy/0", "process", "0.55,", "logits", "0.01"]
    assert lines[at + 3] == ["rollout/0", "KV", "cache", "1.00,", "process", "0.73"]
    assert [words[0] for words in lines[at + 1 : at + 4]] == ["policy/0", "reference/0", "rollout/0"]
    assert ["reward/0", "unknown"] in [[words[0], *words[4:5]] for words in lines[:at]]
    assert "Unknown is the memory of what is not on this machine: org/rm." in out.getvalue()
    (rank,) = plan.of("policy")
    offloaded = replace(rank, host={"gradients": GIB, "optimizer": 3 * GIB})
    show_plan(replace(plan, actors=(offloaded,)), Console(file=out, width=300))
    assert "on its host  optimizer 3.00, gradients 1.00" in out.getvalue()
