"""GPUs as their driver tells of them, through a program in its place."""

from pathlib import Path

import pytest

from raylign.plan.cluster import Cluster, Node, gpu_memory, imagined_cluster


@pytest.mark.parametrize(
    ("said", "megabytes"),
    [("81559\n", 81559), ("81559\n24564\n", 24564), ("[N/A]\n", None), ("", None)],
)
def test_a_gpu_s_memory_is_what_its_driver_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, megabytes: int | None
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\nprintf '{said}'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert gpu_memory() == (None if megabytes is None else megabytes * 2**20)


def test_no_driver_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_memory() is None


def test_a_cluster_s_gpu_is_its_largest_and_unknown_where_one_is() -> None:
    sizes: list[float | None] = [24.0, 80.0]
    nodes = [Node(cpus=1, gpus=1, memory_bytes=1, gpu_memory_bytes=size) for size in sizes]
    bare = Node(cpus=1, gpus=0, memory_bytes=1)
    assert Cluster(nodes=(*nodes, bare)).gpu_memory_bytes == 80
    assert Cluster(nodes=(*nodes, Node(cpus=1, gpus=1, memory_bytes=1))).gpu_memory_bytes is None
    assert Cluster(nodes=(bare,)).gpu_memory_bytes is None


def test_gpus_can_be_imagined() -> None:
    assert imagined_cluster(gpus=8, gpu_memory_bytes=80.0, nodes=2).gpu_memory_bytes == 80
