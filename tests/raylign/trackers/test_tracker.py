import sys

import pytest

from raylign.errors import RunError
from raylign.trackers.kinds import KINDS
from raylign.trackers.tracker import remembered


@pytest.mark.parametrize("kind", KINDS)
def test_an_absent_library_is_named_before_anything_is_opened(monkeypatch, kind):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, KINDS[kind].library, raising=False)
    monkeypatch.setattr(sys, "path_importer_cache", {})
    with pytest.raises(RunError, match=rf"tracker '{kind}' needs '{kind}', .*pip install raylign\[trackers\]"):
        KINDS[kind]().require()


def test_a_run_keeps_its_name_elsewhere(tmp_path):
    names = iter("ab")
    assert [remembered(tmp_path / "id", lambda: next(names)) for _ in range(2)] == ["a", "a"]
