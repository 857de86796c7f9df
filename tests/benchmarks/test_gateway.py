"""The gateway's benchmark at a size that means nothing: every figure is taken, from both sides."""

from benchmarks.gateway import Size, measure


def test_every_figure_is_measured_from_live_servers_and_set_beside_its_aim() -> None:
    size = Size(queued=12, gets=2, lists=1, submits=4, idle_s=0.05, watchers=3, reports=1)
    rows = measure(size)
    assert [row["what"].split(",")[0] for row in rows] == [
        "get",
        "list of 50",
        "submits a second",
        "idle at 12 queued",
        "news to the last of 3 watchers",
        "the same",
    ]
    assert all(row["gateway"] > 0 for row in rows if not row["what"].startswith("idle"))
    assert all(row["seen"] == row["gateway"] / row["floor"] for row in rows[:3])
    assert all(row["met"] == (row["gateway"] < 3) for row in rows if row["aim"] == "under 3")
