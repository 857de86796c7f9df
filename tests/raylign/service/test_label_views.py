"""What a new label queue may say."""

import pytest
from pydantic import ValidationError

from raylign.service.label_views import Export, NewLabelQueue


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "either `dataset`, or `job`"),
        ({"dataset": "d", "job": "job_1", "task": "t"}, "either `dataset`, or `job`"),
        ({"job": "job_1"}, "`job` and `task` go together"),
        ({"dataset": "d", "task": "t"}, "`job` and `task` go together"),
        ({"name": "lq_1", "dataset": "d"}, "begins with lq_"),
    ],
)
def test_it_names_one_source(wrong: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        NewLabelQueue(**{"name": "q", **wrong})


def test_a_dataset_is_not_called_like_an_id() -> None:
    with pytest.raises(ValidationError, match="begins with ds_"):
        Export(dataset="ds_1")
