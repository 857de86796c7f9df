"""Rows as values: read by place, so the places must be the tables'."""

import pytest

from raylign.service.store import AttemptState, State
from raylign.service.store.records import ATTEMPT_FIELDS, JOB_FIELDS, attempt_record, job_record
from raylign.service.store.schema import attempts, jobs


def test_every_field_of_a_record_is_a_column_and_the_document_and_the_token_are_in_none() -> None:
    assert set(JOB_FIELDS) == set(jobs.columns.keys()) - {"document", "idempotency_key", "body_sha256"}
    assert set(ATTEMPT_FIELDS) == set(attempts.columns.keys()) - {"token_sha256"}


def test_a_row_becomes_a_value_with_its_state_as_one_of_ours() -> None:
    row = {name: name for name in JOB_FIELDS} | {"state": "running", "last_seq": 7}
    found = job_record(row[name] for name in JOB_FIELDS)
    assert (found.id, found.state, found.last_seq) == ("id", State.RUNNING, 7)
    row = {name: name for name in ATTEMPT_FIELDS} | {"state": "lost"}
    assert attempt_record(row[name] for name in ATTEMPT_FIELDS).state is AttemptState.LOST


@pytest.mark.parametrize(("read", "fields"), [(job_record, JOB_FIELDS), (attempt_record, ATTEMPT_FIELDS)])
def test_a_row_with_another_number_of_values_is_not_read_as_another_one(read, fields) -> None:
    for row in (fields[:-1], (*fields, "more")):
        with pytest.raises(ValueError, match="zip"):
            read("running" if name == "state" else name for name in row)


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'asleep'"):
        job_record("asleep" for _ in JOB_FIELDS)
