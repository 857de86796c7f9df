"""What a queue is made of is read by a process apart, and what that gives up on is no queue."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from service import KEY, FakeRay, open_store
from uploads import Here, record

from raylign.errors import SpecError
from raylign.service import inspector
from raylign.service.access import Caller, Scope
from raylign.service.bulletin import Bulletin
from raylign.service.gateway import Gateway
from raylign.service.home import open_home
from raylign.service.label_views import NewLabelQueue
from raylign.service.labelling import Labelling
from raylign.service.store import DatasetState

WHO = Caller(tenant="default", scopes=frozenset({Scope.SUBMIT}), key_id="k")


class Slow(Here):
    async def pairs(self, file: Path, columns: Mapping[str, str], *, most_bytes: int) -> dict[str, Any]:
        return {"refused": "it cannot be read within 120 s"}


def labelling(folder: Path, content: bytes, inspecting: Here) -> Labelling:
    store, home = open_store(folder), open_home(folder)
    gateway = Gateway(
        store=store, bulletin=Bulletin(), ray=FakeRay().client(), api_key=KEY, home=home, inspecting=inspecting
    )
    made = record(content, name="pairs")
    gateway.uploads.begin(made)
    path = gateway.uploads.depot.path(made)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    store.set_dataset(made.id, DatasetState.READY)
    return Labelling(gateway)


@pytest.mark.parametrize(
    ("inspecting", "says"),
    [(Slow(), "within 120 s"), (Here(), "holds 2 pairs, and a queue takes 1 of")],
)
async def test_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inspecting: Here, says: str
) -> None:
    monkeypatch.setattr(inspector, "MOST_PAIRS", 1)
    content = b"".join(b'{"prompt": "%d", "chosen": "a", "rejected": "b"}\n' % at for at in range(2))
    work = labelling(tmp_path, content, inspecting)
    with pytest.raises(SpecError, match=says):
        await work.make(WHO, NewLabelQueue(name="q", dataset="pairs"))
    assert work.gateway.store.label_queues(None) == []
