"""The page knows every kind of event and every state there is."""

import re

import pytest

from raylign.record.events.payloads import KINDS
from raylign.service import page
from raylign.service.store import State

HISTORY, EVENTS, JOB = ((page.FOLDER / name).read_text() for name in ("history.js", "events.js", "job.js"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_event_has_words_and_is_listened_for(kind: str) -> None:
    if kind == "samples":  # the tab of samples asks for them
        assert 'kind: "samples"' in (page.FOLDER / "samples.js").read_text()
        return
    assert f'case "{kind}"' in EVENTS
    (listened,) = re.findall(r"const KINDS = \[(.*)\]", JOB)
    assert f'"{kind}"' in listened


def test_every_state_can_be_looked_for() -> None:
    (states,) = re.findall(r"const STATES = \[(.*)\]", (page.FOLDER / "jobs.js").read_text())
    assert set(re.findall(r'"(\w+)"', states)) == set(State)
