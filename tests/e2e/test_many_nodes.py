"""Three nodes without a disk in common, on addresses of their own: a run ends as on one node, and a node that
loses its power, or its wire, is done without."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jobs import PATIENCE_S, finish, run_job, small_job, untimed, wait_for_step
from namespaces import HOST, Machine, machines
from s3 import BUCKET, s3_server

import raylign
from raylign.record.rundir import RunDirectory

ROOT = Path(raylign.__file__).parents[1]
pytestmark = [
    pytest.mark.proof,
    pytest.mark.timeout(4 * PATIENCE_S),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="makes network namespaces: for root"),
]

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a-token-of-tests-a-token-of-tests"}
STEPS = 6
STORE = f"s3://{BUCKET}/runs/one"
JOB = {
    "steps": STEPS,
    "rollout": {"engine": "transformers", "workers": 3, "max_tokens": 24, "context_tokens": 128},
    "trainer": {"ranks": 2, "zero_stage": 1, "learning_rate": 1e-3},
    "checkpoint": {"every": 2},
    "evaluation": {"prompts": 0},
    "samples": {"every": 1, "each": 64},
    "deadlines": {f"{phase}_s": 90 for phase in ("step", "checkpoint", "generate", "publish", "score", "judge")},
}
APART = {"spread": True, "nodes": {"policy": {"part": "trains"}}}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of the job on one node."""
    folder = tmp_path_factory.mktemp("alone")
    job = small_job(folder, "crpg", **JOB, resources={"threads": 1})
    status, output = run_job("--job", str(job), "--run-dir", str(folder / "run"))
    assert status == 0, output
    return folder / "run"


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Machine]]:
    """Three, with a Ray over them: a head, and two where trainers may lie. Its store is on none of them."""
    with s3_server(address="0.0.0.0", seen_as=HOST) as account:
        environment = {**account, **TOKEN, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        with machines(3, tmp_path, read_only=ROOT, environment=environment) as made:
            head, *others = made
            start_ray(head, "--head", "--port=6379", "--include-dashboard=false")
            for node in others:
                start_ray(node, f"--address={head.address}:6379", "--labels=part=trains")
            yield made


def start_ray(node: Machine, *more: str) -> None:
    fixed = ("--num-cpus=4", "--object-store-memory=300000000", "--disable-usage-stats")
    node.run(str(Path(sys.executable).with_name("ray")), "start", f"--node-ip-address={node.address}", *fixed, *more)


def begin(head: Machine) -> "subprocess.Popen[str]":
    """The job's driver, on the head."""
    small_job(
        head.disk, "crpg", **JOB | {"checkpoint": {"every": 2, "store": STORE}}, resources={"threads": 1, **APART}
    )
    command = ("-m", "actors", "run", "--no-dashboard", "--job", "/tmp/crpg.yaml", "--run-dir", "/tmp/run")
    return head.start(sys.executable, *command, RAY_ADDRESS=f"{head.address}:6379")


def ranks_by_node(nodes: list[Machine]) -> list[int]:
    """How many of the trainer's lie on each."""
    titles = [[" ".join(process.cmdline()).lower() for process in node.processes()] for node in nodes]
    return [sum(title.startswith("ray::") and "policy" in title for title in on_node) for on_node in titles]


def require_same(run: Path, alone: Path) -> None:
    """The same tokens; numbers to 1e-5: sums over a wire may be made in another order."""
    rows, expected = untimed(run), untimed(alone)
    assert [row["step"] for row in rows] == list(range(STEPS))
    for row, other in zip(rows, expected, strict=True):
        assert row == pytest.approx(other, abs=1e-5, rel=1e-5, nan_ok=True)
    assert shown(run) == shown(alone)


def shown(run: Path) -> dict[int, dict[str, list[tuple[str, str]]]]:
    """By step and task, prompts and responses that it tells of; of a step made twice, what it told last."""
    return {
        event.data["step"]: {
            task: [(one["prompt"], one["response"]) for one in samples] for task, samples in event.data["tasks"].items()
        }
        for event in RunDirectory(run).events()
        if event.kind == "samples"
    }


def test_three_nodes_without_a_common_disk_train_as_one(nodes: list[Machine], alone: Path) -> None:
    head = nodes[0]
    driver = begin(head)
    wait_for_step(head.disk / "run", 1, driver)
    assert ranks_by_node(nodes) == [0, 1, 1]
    status, output = finish(driver)
    assert status == 0, output
    require_same(head.disk / "run", alone)
    assert not any((node.disk / "run").exists() for node in nodes[1:])
    assert not list((head.disk / "run").glob("checkpoints/step-*"))
    assert not any(list(node.disk.glob("raylign-scratch-*")) for node in nodes)


def cut_for_good(node: Machine) -> None:
    node.cut()


def power_cut(node: Machine) -> None:
    assert node.kill() > 0


@pytest.mark.parametrize("fault", [power_cut, cut_for_good])
def test_three_nodes_of_which_one_is_lost_end_as_alone(
    nodes: list[Machine], alone: Path, fault: Callable[[Machine], None]
) -> None:
    """In mid-step: from the last checkpoint, on the nodes that are left."""
    head, _, struck = nodes
    driver = begin(head)
    wait_for_step(head.disk / "run", 2, driver)
    fault(struck)
    status, output = finish(driver)
    assert status == 0, output
    require_same(head.disk / "run", alone)
    warnings = [event.data["message"] for event in RunDirectory(head.disk / "run").events() if event.kind == "warning"]
    assert any("Starting again, `raylign run --resume" in warning for warning in warnings), warnings
