"""A checkpoint's manifest: where the run stood, and what every rank wrote. It carries a digest of itself.

What is seen without reading terabytes (`read_manifest`, `gaps`, `faults`) is told apart from what is not (`damage`).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from raylign.errors import CheckpointError, RemoteFailed
from raylign.record.checkpoint_files import read_back
from raylign.record.whole import write_whole
from raylign.remote import Place, Remote
from raylign.types import Memory
from raylign.workers import WrittenFile

MANIFEST = "manifest.json"
POLICY = {"configuration": "config.json", "weights": "*.safetensors", "tokenizer": "tokenizer_config.json"}
"""What a Hugging Face directory cannot do without, by what it is."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands between two steps. All randomness is a function of the step: this is the data cursor too."""

    next_step: int = 0
    """First step that is NOT in the weights."""
    version: int = 0
    """Weights version: optimizer steps taken."""
    empty_steps: int = 0
    """Steps in a row without a usable sample."""
    memories: Mapping[str, Memory] = field(default_factory=dict)
    """By task, what its method knows of the steps before: a Lagrangian's multipliers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What makes a directory a checkpoint."""

    progress: Progress
    ranks: tuple[tuple[WrittenFile, ...], ...]
    """By rank, the files it wrote."""
    software: Mapping[str, str] = field(default_factory=dict)
    """Versions, by package."""

    def document(self) -> dict[str, Any]:
        return {
            "progress": asdict(self.progress),
            "ranks": len(self.ranks),
            "files": {
                file.name: {"size": file.size, "sha256": file.sha256, "rank": rank}
                for rank, files in enumerate(self.ranks)
                for file in files
            },
            "software": dict(self.software),
        }


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it and sync it."""
    write_whole(directory / MANIFEST, manifest_text(manifest))


def manifest_text(manifest: Manifest) -> str:
    """As it is written."""
    document = manifest.document()
    return json.dumps({**document, "sha256": _digest(document)}, indent=1)


def read_manifest(directory: Place) -> Manifest:
    """Raises `CheckpointError` where there is none, or it is not as it was written; `RemoteFailed`."""
    path = directory / MANIFEST
    try:
        text = directory.read(MANIFEST) if isinstance(directory, Remote) else (directory / MANIFEST).read_bytes()
        if text is None:
            raise FileNotFoundError
        document: dict[str, Any] = json.loads(text)
        ranks: list[list[WrittenFile]] = [[] for _ in range(document["ranks"])]
        for name, file in document["files"].items():
            ranks[file["rank"]].append(WrittenFile(name=name, size=file["size"], sha256=file["sha256"]))
        own = document.pop("sha256")
        found = Manifest(
            progress=Progress(**document["progress"]), ranks=tuple(map(tuple, ranks)), software=document["software"]
        )
    except FileNotFoundError:
        raise CheckpointError(f"{directory} has no {MANIFEST}") from None
    except RemoteFailed:
        raise
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise CheckpointError(f"{path} is not a manifest: {type(error).__name__} {error}") from error
    if own != _digest(document):
        raise CheckpointError(f"{path} is not a manifest: it was changed after it was written")
    return found


def gaps(manifest: Manifest) -> list[str]:
    """What a checkpoint must have and this one lacks: parts of the policy, the state of ranks."""
    filled = [[Path(file.name) for file in files if file.size] for files in manifest.ranks]
    policy = [path for files in filled for path in files if path.parent == Path("policy")]
    lacks = [
        f"the policy's {part} (policy/{pattern})"
        for part, pattern in POLICY.items()
        if not any(path.match(pattern) for path in policy)
    ]
    silent = [rank for rank, files in enumerate(filled) if not any(path.parts[0] == "trainer" for path in files)]
    if silent or not filled:
        lacks.append(f"the trainer state of rank {', '.join(map(str, silent)) or 0}")
    return lacks


def faults(directory: Path, manifest: Manifest) -> list[str]:
    """Files that are not there, or have another size: all that can be told without reading them."""
    found = []
    for file in (file for files in manifest.ranks for file in files):
        try:
            size = (directory / file.name).stat().st_size
        except OSError as error:
            found.append(f"{directory / file.name} is missing ({error.strerror})")
            continue
        if size != file.size:
            found.append(f"{directory / file.name} has {size} bytes, the manifest says {file.size}")
    return found


def damage(directory: Path, files: Sequence[WrittenFile]) -> list[str]:
    """Files whose contents are not what was written: reads them whole."""
    found = []
    for file in files:
        try:
            sha256 = read_back(directory, file.name).sha256
        except OSError as error:
            found.append(f"{directory / file.name} cannot be read ({error.strerror})")
            continue
        if sha256 != file.sha256:
            found.append(f"{directory / file.name} does not have the manifest's sha256")
    return found


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
