"""Quotas of tenants, kept."""

from pathlib import Path

import pytest
from service import job, job_document, key_of, live_service, open_store
from starlette.exceptions import HTTPException

from raylign.errors import OverQuota
from raylign.service.access import Caller, Scope
from raylign.service.authenticator import HOME_KEY
from raylign.service.confines import Confines
from raylign.service.home import open_home
from raylign.service.quotas import TenantQuotas, _Bucket
from raylign.service.store import QuotaRecord

ACME = Caller(tenant="acme", scopes=frozenset({Scope.SUBMIT}), key_id="k")
OPERATOR = Caller(tenant="default", scopes=frozenset(Scope), key_id=HOME_KEY)


def test_a_bucket_gives_as_many_at_once_as_it_holds_and_then_by_its_rate() -> None:
    bucket = _Bucket(float("inf"), 0.0)
    assert [bucket.take(2.0, 0.0) for _ in range(4)] == [0, 0, 0, 0]
    assert bucket.take(2.0, 0.0) == 0.5
    assert bucket.take(2.0, 0.4) == pytest.approx(0.1)
    assert [bucket.take(2.0, 0.5), bucket.take(2.0, 0.5)] == [0, 0.5]
    slow = _Bucket(float("inf"), 0.0)
    assert [slow.take(0.01, 0.0), slow.take(0.01, 0.0)] == [0, 100]


async def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.set_quota(QuotaRecord(tenant="acme", requests_per_s=0.1))
    store.set_quota(QuotaRecord(tenant="default", requests_per_s=0.1, queued=0, stored_bytes=0))
    quotas = TenantQuotas(store, open_home(tmp_path))
    await quotas.count_request(ACME)
    with pytest.raises(HTTPException) as refused:
        await quotas.count_request(ACME)
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "10"})
    for _ in range(9):
        await quotas.count_request(OPERATOR)
    assert await quotas.most_queued(OPERATOR) is None
    await quotas.require_room(OPERATOR, 10**18)


async def test_what_a_tenant_stores_is_its_data_and_its_jobs_each_file_once(tmp_path: Path) -> None:
    store, home = open_store(tmp_path), open_home(tmp_path)
    mine, theirs = store.create(job(), tenant="acme")[0], store.create(job(), tenant="other")[0]
    for place in (home.tenant("acme"), home.jobs / mine.id / "model", home.jobs / theirs.id):
        place.mkdir(parents=True)
        (place / "file").write_bytes(b"x" * 100)
    (home.jobs / mine.id / "again").hardlink_to(home.jobs / mine.id / "model" / "file")
    store.set_quota(QuotaRecord(tenant="acme", stored_bytes=300))
    quotas = TenantQuotas(store, home)
    await quotas.require_room(ACME, 99)
    with pytest.raises(OverQuota, match="stores 200 bytes, and 300 is the most"):
        await quotas.require_room(ACME, 100)
    quotas.add("acme", 50)
    with pytest.raises(OverQuota, match="stores 250 bytes"):
        await quotas.require_room(ACME, 50)


def test_over_rest(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    confines = Confines(home=open_home(tmp_path), store=store, allowed=[tmp_path])
    document = job_document()
    document["tasks"][0]["prompts"] = {"path": str(tmp_path / "nothing.jsonl")}
    store.set_quota(QuotaRecord(tenant="acme", queued=1))
    store.set_quota(QuotaRecord(tenant="quick", requests_per_s=0.5))
    store.set_quota(QuotaRecord(tenant="large", stored_bytes=0))
    with live_service(tmp_path, confines=confines) as service:
        with service.http(key_of(store, "acme")) as http:
            answers = [http.post("/v1/jobs", json=document) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert (answers[1].headers["retry-after"], answers[1].json()["type"]) == ("30", "urn:raylign:OverQuota")
        with service.http(key_of(store, "large")) as http:
            assert http.post("/v1/jobs", json=document).status_code == 429
        with service.http(key_of(store, "quick")) as http, service.http(key_of(store, "quick")) as second:
            answers = [one.get("/v1/jobs") for one in (http, second)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1].headers["retry-after"] == "2"
