"""The benchmark of the gateway under load at a size that means nothing: every figure is taken, from both sides."""

import pytest

from benchmarks.load import Load, measure


@pytest.mark.proof
def test_every_figure_is_measured_from_live_servers_and_set_beside_its_aim() -> None:
    load = Load(stored=12, submits_per_s=20, submit_s=0.5, reads_per_s=20, read_s=0.5, soak_s=1, soak_per_s=10)
    rows = measure(load)
    assert len(rows) == 8
    assert all(row["gateway"] > 0 and row["floor"] > 0 for row in rows[:-1])
    assert [row["aim"] for row in rows] == ["", "under 30", "", "under 30", "", "under 100", "", "under 8"]
    assert all(row["met"] == (row["gateway"] < float(row["aim"].split()[-1])) for row in rows if row["aim"])
