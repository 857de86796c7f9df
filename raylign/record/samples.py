"""Baseline responses on disk: JSON lines, only ever appended, so that a run may die at any moment and loses none.

A resumed run trains against the very same ones. Floats survive exactly.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from raylign.errors import RunError
from raylign.record.lines import cut_torn_line
from raylign.types import Completion, Rating, Sample
from raylign.verdicts import Verdict

HEAD, NECK = b'{"prompt": ', b', "sample": '
"""A line is HEAD id NECK sample }: whose it is can be read without the rest."""
FORMER = b'"index": -1,'
"""How a baseline was told from samples before it had no index. No text holds it: quotes in a text are escaped."""


class SampleFile(Mapping[str, Sample]):
    """Samples by prompt id. Memory holds where each stands, not what: a million responses are gigabytes.

    A line torn by the end of an earlier process is cut off. Raises `RunError` where a line in the middle is damaged, or
    the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, int] = {}
        self._end = 0
        try:
            cut_torn_line(path)
            self._file = path.open("a+b")
        except OSError as error:
            raise RunError(f"cannot write {str(path)!r} ({error}): choose another run directory") from error
        try:
            self._find()
        except RunError:
            self.close()
            raise

    def append(self, samples: Mapping[str, Sample]) -> None:
        """Keep them. They outlive the process, and the machine, once this returns; half of them may where it dies."""
        lines = [
            (prompt, HEAD + json.dumps(prompt).encode() + NECK + json.dumps(asdict(sample)).encode() + b"}\n")
            for prompt, sample in samples.items()
        ]
        try:
            self._file.write(b"".join(line for _, line in lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.raw.close()  # or closing would try once more what could not be written
            raise RunError(f"cannot write {str(self._path)!r} ({error}): is the disk full?") from error
        for prompt, line in lines:
            self._places[prompt] = self._end
            self._end += len(line)

    def __getitem__(self, prompt: str) -> Sample:
        self._file.seek(self._places[prompt])
        row: dict[str, Any] = json.loads(self._file.readline())["sample"]
        return _sample(row)

    def __contains__(self, prompt: object) -> bool:
        return prompt in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find(self) -> None:
        """Note where each sample stands."""
        self._file.seek(0)
        for line in self._file:
            if FORMER in line:
                raise RunError(
                    f"{str(self._path)!r} holds baselines as an earlier raylign wrote them: remove it, the run makes "
                    "the same again"
                )
            try:
                prompt = json.loads(line[len(HEAD) : line.index(NECK)])
            except ValueError as error:
                raise RunError(
                    f"{str(self._path)!r} is damaged at byte {self._end} ({error}): cut it off there, "
                    "the run makes the rest again"
                ) from error
            self._places[prompt] = self._end
            self._end += len(line)


def _sample(row: dict[str, Any]) -> Sample:
    completion = {**row["completion"]}
    completion["token_ids"] = tuple(completion["token_ids"])
    completion["logprobs"] = tuple(completion["logprobs"])
    return Sample(
        completion=Completion(**completion),
        verdicts=tuple(Verdict(**verdict) for verdict in row["verdicts"]),
        reward=row["reward"],
        reward_problem=row["reward_problem"],
        must_fit=row.get("must_fit", True),
        ratings=tuple(Rating(**rating) for rating in row.get("ratings", ())),
    )
