"""The dashboard asks for what is declared, all of it and nothing else."""

import json
import re
from itertools import combinations

from raylign.monitor.dashboard import ROWS, dashboard
from raylign.monitor.gauges import GAUGES


def asked(text: str) -> set[str]:
    return set(re.findall(r"ray_raylign_\w+", text))


def test_every_gauge_has_one_panel() -> None:
    names = [name for row in ROWS.values() for name in row]
    assert sorted(names) == sorted(gauge.name for gauge in GAUGES)
    panels = [panel for panel in dashboard()["panels"] if panel["type"] == "timeseries"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert [asked(query) for query in queries] == [{f"ray_raylign_{name}"} for name in names]
    assert all('align_job=~"$align_job"' in query for query in queries)


def test_panels_stand_beside_each_other_and_have_numbers_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_it_is_json_that_names_a_source_to_choose() -> None:
    written = json.loads(json.dumps(dashboard()))
    assert [variable["name"] for variable in written["templating"]["list"]] == ["datasource", "align_job"]
