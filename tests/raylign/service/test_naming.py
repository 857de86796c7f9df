"""What a job names by the gateway's own words."""

from pathlib import Path

import pytest
from service import KEY, FakeRay, job_document, open_store
from uploads import record

from raylign.errors import SpecError
from raylign.service.access import Caller, Scope
from raylign.service.bulletin import Bulletin
from raylign.service.gateway import Gateway
from raylign.service.home import open_home
from raylign.service.naming import resolved
from raylign.service.store import DatasetState
from raylign.spec import parse_job


def caller(tenant: str) -> Caller:
    return Caller(tenant=tenant, scopes=frozenset({Scope.SUBMIT}), key_id="k")


def test_datasets_become_files_wherever_a_job_names_one(tmp_path: Path) -> None:
    store, one = open_store(tmp_path), record()
    gateway = Gateway(store=store, bulletin=Bulletin(), ray=FakeRay().client(), api_key=KEY, home=open_home(tmp_path))
    store.add_dataset(one, most=9, most_bytes=10**6)
    store.set_dataset(one.id, DatasetState.READY, report={})
    document = job_document()
    document["tasks"][0] |= {"prompts": {"path": "dataset://math"}, "eval_prompts": {"path": "/other"}}
    document["tasks"][0]["judges"] = [{"type": "regex", "pattern": "x", "when": {"path": "dataset://math"}}]
    job = resolved(gateway, parse_job(document), caller("default"))
    [task] = job.tasks
    assert task.prompts.path == str(gateway.uploads.depot.path(one))
    assert task.eval_prompts is not None
    assert task.eval_prompts.path == "/other"
    assert task.judges[0].when == {"path": "dataset://math"}  # a column of the user's
    with pytest.raises(SpecError, match="no dataset 'math'"):
        resolved(gateway, parse_job(document), caller("acme"))
