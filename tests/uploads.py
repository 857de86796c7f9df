"""Datasets for tests: their bytes, what is said of them, and an inspection that costs no process."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raylign.service import inspector
from raylign.service.inspecting import Inspecting
from raylign.service.store import DatasetRecord
from raylign.service.store.ids import new_id

ROWS = b'{"prompt": "one", "answer": "1"}\n{"prompt": "two", "answer": "2"}\n'


def wanted(content: bytes = ROWS, name: str = "math", **told: Any) -> dict[str, Any]:
    """The body that begins an upload."""
    return {
        "name": name,
        "format": "jsonl",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **told,
    }


def record(content: bytes = ROWS, name: str = "math", tenant: str = "default", **told: Any) -> DatasetRecord:
    return DatasetRecord(id=new_id("ds"), tenant=tenant, **wanted(content, name, **told))


@dataclass(frozen=True)
class Here(Inspecting):
    """Looks in this process, which costs no start of another."""

    async def look(self, file: Path, columns: Mapping[str, str], *, most_unpacked: int) -> dict[str, Any]:
        found = await asyncio.to_thread(inspector.look, file, dict(columns), most_unpacked)
        return json.loads(json.dumps(found).replace(f"{file.parent}/", ""))

    async def pairs(self, file: Path, columns: Mapping[str, str], *, most_bytes: int) -> dict[str, Any]:
        found = await asyncio.to_thread(inspector.pairs, file, dict(columns), most_bytes)
        return json.loads(json.dumps(found).replace(f"{file.parent}/", ""))

    async def begin(self, file: Path, told: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(inspector.begin, file, dict(told), 0)


@dataclass(frozen=True)
class Told(Inspecting):
    """Says what a test tells it to."""

    report: Mapping[str, Any] = field(default_factory=lambda: {"inspection": {"rows": 2}, "rows": []})
    seen: list[Path] = field(default_factory=list)

    async def look(self, file: Path, columns: Mapping[str, str], *, most_unpacked: int) -> dict[str, Any]:
        self.seen.append(file)
        return dict(self.report)
