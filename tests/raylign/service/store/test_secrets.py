"""Secrets in the store, on either database."""

from dataclasses import replace

import pytest
from service import job_document

from raylign.errors import OverQuota, SecretNotFound, Taken
from raylign.service.store import SecretRecord, Store
from raylign.service.store.secrets import MOST
from raylign.spec import parse_job

ONE = SecretRecord(tenant="acme", name="hub", sealed="sealed", created_at=1.0, set_at=1.0)


def test_one_is_set_anew_listed_and_no_more_than_may_be(store: Store) -> None:
    store.set_secret(ONE)
    again = store.set_secret(replace(ONE, sealed="anew", created_at=2.0, set_at=2.0))
    assert again == store.secret("acme", "hub") == replace(ONE, sealed="anew", set_at=2.0)
    store.reseal(ONE, "late")  # what was set meanwhile stays
    assert store.secret("acme", "hub") == again
    store.reseal(again, "renewed")
    store.set_secret(replace(ONE, tenant="other"))
    assert [one.sealed for one in store.secrets(None)] == ["renewed", "sealed"]
    for number in range(1, MOST):
        store.set_secret(replace(ONE, name=f"s{number}"))
    with pytest.raises(OverQuota):
        store.set_secret(replace(ONE, name="one-more"))
    store.set_secret(ONE)


def test_what_a_job_that_has_not_ended_names_stays(store: Store) -> None:
    for name in ("hub", "hub2"):
        store.set_secret(replace(ONE, name=name))
    made, _ = store.create(parse_job(job_document() | {"secrets": {"hub": "secret://hub2"}}), tenant="acme")
    store.delete_secret("acme", "hub")
    with pytest.raises(Taken, match=made.id):
        store.delete_secret("acme", "hub2")
    store.cancel(made.id)
    store.delete_secret("acme", "hub2")
    with pytest.raises(SecretNotFound):
        store.delete_secret("acme", "hub2")
