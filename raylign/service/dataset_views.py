"""What the API says of a dataset, and what it is told of a new one."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from raylign import bounds
from raylign.service.store import DatasetRecord, DatasetState
from raylign.spec.prompts import Column

Format = Literal[
    "jsonl", "jsonl.gz", "ndjson", "ndjson.gz", "json", "json.gz", "csv", "csv.gz", "tsv", "tsv.gz", "parquet"
]
"""What the file's name ends in."""


class NewDataset(BaseModel):
    """An upload to be begun."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    """What jobs call it: ``dataset://NAME``."""
    format: Format
    bytes: int = Field(ge=1, le=bounds.GIGABYTES * 10**9)
    """Of the whole file."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the whole file, in hexadecimal."""
    columns: dict[Column, Column] = Field(default_factory=dict, max_length=bounds.NAMES)
    """What the file calls things, ``{prompt: question}``; by these it is looked at. A job says them again."""

    @field_validator("name")
    @classmethod
    def _no_id(cls, name: str) -> str:
        if name.startswith("ds_"):
            raise ValueError("what begins with ds_ are ids: give another name")
        return name


class DatasetView(BaseModel):
    """A dataset. Times are Unix seconds."""

    id: str
    name: str
    tenant: str
    """Whose it is."""
    format: str
    bytes: int
    received: int
    """Bytes that are here: while it is uploading, the next ones go there."""
    sha256: str
    columns: dict[str, str]
    state: DatasetState
    """Expect more states in later versions."""
    created_at: float
    ready_at: float | None

    @classmethod
    def of(cls, found: DatasetRecord, *, received: int) -> Self:
        """As lists show it."""
        return cls.model_validate({**_plain(found), "received": received})


class DatasetDetail(DatasetView):
    """A dataset with what was found in it."""

    refused: str | None = None
    """Why it cannot be used at all; its bytes are gone."""
    failure: str | None = None
    """Why nothing of it can be read as it stands: most often its ``columns`` have to be named."""
    inspection: dict[str, Any] | None = None
    """What was understood, what is dropped and why, by line; how long prompts are. As ``raylign data --json``."""

    @classmethod
    def whole(cls, found: DatasetRecord, *, received: int) -> Self:
        """With what was found in it."""
        report = found.report or {}
        said = {name: report.get(name) for name in ("refused", "failure", "inspection")}
        return cls.model_validate({**_plain(found), "received": received, **said})


class DatasetPage(BaseModel):
    """Datasets, newest first."""

    data: list[DatasetView]
    has_more: bool
    """Ask again with ``before`` = the last id."""


class Row(BaseModel):
    """A row as it stands."""

    place: str
    text: str
    """Its columns as JSON, cut where that is long."""


class DatasetRows(BaseModel):
    """The first rows of a dataset."""

    data: list[Row]


def _plain(found: DatasetRecord) -> dict[str, Any]:
    return {name: getattr(found, name) for name in DatasetView.model_fields if name != "received"}
