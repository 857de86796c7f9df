"""Where the jobs of each tenant may read, and keep checkpoints, by who runs the service."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.plan.confinement import Confinement
from raylign.record.rundir import RunDirectory
from raylign.service.access import DEFAULT_TENANT
from raylign.service.home import Home
from raylign.service.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Confines:
    """A tenant's jobs read what lies in its own place, what its own jobs made, and what the operator allows."""

    home: Home
    store: Store
    allowed: Sequence[Path] = ()
    """For every tenant: models and data that all share. Absolute."""
    stores: Sequence[str] = ()
    """Addresses of object stores below which each tenant has a folder of its name, where its jobs may write."""
    trusts_default: bool = False
    """Whether jobs of the tenant ``default`` read whatever this account can: one's own gateway on one's own machine."""

    def of(self, tenant: str, document: Mapping[str, Any]) -> Confinement | None:
        """For a job of ``tenant``, by its document; None where nothing confines it."""
        if self.trusts_default and tenant == DEFAULT_TENANT:
            return None
        return Confinement(
            roots=(self.home.tenant(tenant), *self.allowed, *self._results(tenant, document)),
            stores=tuple(f"{store}/{tenant}" for store in self.stores),
        )

    def _results(self, tenant: str, document: Mapping[str, Any]) -> Iterator[Path]:
        """What the tenant's own jobs made, of those that the document names."""
        below = self.home.jobs
        named = (Path(text).relative_to(below).parts for text in _texts(document) if Path(text).is_relative_to(below))
        for job_id in sorted({parts[0] for parts in named if parts}):
            if self.store.tenant_of(job_id) == tenant:
                run = RunDirectory(below / job_id)
                yield from (run.model_path, run.checkpoints_path, run.stages_path)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
