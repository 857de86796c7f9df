"""Models fetched by the client."""

from pathlib import Path

import pytest
from fakes import FakeTrainer
from fine_tuning import drive, write_result
from service import end, job, live_service

from raylign.errors import GatewayUnreachable, ModelNotFound, SpecError
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.service.weights_client import WeightsClient


async def test_a_result_and_a_checkpoint_are_fetched_whole_into_a_new_directory(tmp_path: Path) -> None:
    with live_service(tmp_path) as service, service.client() as client:
        made, _ = service.store.create(job())
        with pytest.raises(ModelNotFound):
            client.weights.fetch(made.id, tmp_path / "none")
        run = drive(service, tmp_path, made.id)
        kept = await Checkpoints(run / "checkpoints").save(FakeTrainer([]), Progress(2, 2, 0))
        write_result(run, loss=1.0)
        drive(service, tmp_path, made.id, end(2))
        told: list[str] = []
        [config] = client.weights.fetch(made.id, tmp_path / "result", tell=told.append)
        assert (config.read_text(), told) == ("{}", ["config.json"])
        fetched = client.weights.fetch(made.id, tmp_path / "step", step=2)
        assert {file.name: file.read_bytes() for file in fetched} == {
            file.name: file.read_bytes() for file in (kept / "policy").iterdir()
        }
        for folder, step, says in ((tmp_path / "x", 3, "no checkpoint after 3"), (tmp_path / "step", 2, "File exists")):
            with pytest.raises(SpecError, match=says):
                client.weights.fetch(made.id, folder, step=step)
        assert not (tmp_path / "x").exists()
        odd = WeightsClient(client._http, lambda *_, **__: Answer())
        with pytest.raises(GatewayUnreachable, match=r"passwd did not come whole"):
            odd.fetch(made.id, tmp_path / "odd")  # a name that leads elsewhere is the file's own
        assert not (tmp_path / "passwd").exists()


class Answer:
    """Of what is no gateway."""

    def json(self) -> dict[str, object]:
        return {"files": [{"name": "../passwd", "bytes": 1}]}
