"""Which models may be asked for by name."""

from pathlib import Path

import openai
import pytest
from fine_tuning import MODEL, drive, face, write_result
from service import end, job, job_document, key_of


def test_the_operators_and_ones_own_results_are_listed_and_jobs_name_them(tmp_path: Path) -> None:
    with face(tmp_path) as (service, client):
        made, _ = service.store.create(job())
        run = drive(service, tmp_path, made.id, end(1))
        assert [one.id for one in client.models.list()] == [MODEL]  # it left no model
        write_result(run, loss=1.0)
        assert [(one.id, one.owned_by) for one in client.models.list()] == [(MODEL, "operator"), (made.id, "default")]
        theirs = client.with_options(api_key=key_of(service.store, "acme"))
        assert [one.id for one in theirs.models.list()] == [MODEL]
        with pytest.raises(openai.NotFoundError, match="no model"):
            theirs.models.retrieve(made.id)
        with service.http(key_of(service.store, "acme")) as http:
            document = job_document() | {"policy": {"model": f"model://{made.id}"}}
            assert f"no model '{made.id}'" in http.post("/v1/jobs", json=document).json()["detail"]
            known = http.post(
                "/v1/jobs",
                json=job_document() | {"policy": {"model": f"model://{MODEL}"}, "rollout": {"max_tokens": 9}},
            )
            assert known.status_code == 201, known.text
            assert service.store.document(known.json()["id"])["policy"]["model"].endswith("tiny/policy")
