"""What is said of datasets."""

from typing import get_args

import pytest
from pydantic import ValidationError
from uploads import record, wanted

from raylign.service.dataset_views import DatasetDetail, DatasetView, Format, NewDataset
from raylign.sources.formats import FORMATS


def test_every_format_that_is_read_can_be_sent() -> None:
    texts = [suffix.removeprefix(".") for suffix in FORMATS if suffix != ".parquet"]
    assert set(get_args(Format)) == {*texts, *(f"{text}.gz" for text in texts), "parquet"}


def test_lists_show_no_report_and_one_shows_all_of_it() -> None:
    report = {"failure": "name its columns", "rows": [{"place": "p", "text": "t"}]}
    one = record(report=report)
    assert DatasetView.of(one, received=3).model_dump(mode="json")["received"] == 3
    whole = DatasetDetail.whole(one, received=3)
    assert (whole.failure, whole.refused, whole.inspection) == ("name its columns", None, None)


def test_names_that_could_be_ids_are_refused() -> None:
    NewDataset(**wanted(name="dsx"))
    with pytest.raises(ValidationError, match="are ids"):
        NewDataset(**wanted(name="ds_x"))
