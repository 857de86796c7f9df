"""What may be said of an MLflow run. One is made, and read back, in tests/e2e/test_examples.py."""

import pytest
from pydantic import ValidationError

from raylign.trackers.mlflow import MLflow, curve


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("ftp://host", "it begins with one of http:, https:, sqlite:, file:"),
        ("host:5000", "it begins with one of"),
        ("http://me:pw@host", "leave user and password out: MLFLOW_TRACKING_USERNAME"),
    ],
)
def test_what_is_no_address_is_refused(uri, says):
    with pytest.raises(ValidationError) as refused:
        MLflow(uri=uri)
    assert says in str(refused.value)


def test_an_address_is_the_job_s_own_where_it_says_one():
    assert MLflow(uri="sqlite:////data/mlflow.db").address == "sqlite:////data/mlflow.db"
    assert MLflow().address is None


@pytest.mark.parametrize(
    ("name", "called"),
    [("math/judges/a b.c:d-e", "math/judges/a b.c:d-e"), ("math/judges/5 > 4?", "math/judges/5 _ 4_")],
)
def test_curves_have_names_that_mlflow_takes(name, called):
    assert curve(name) == called
