"""What a job has made, fetched from its gateway: a directory that loads with plain transformers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from raylign.errors import GatewayUnreachable, SpecError

WAIT = httpx.Timeout(60, connect=5)


class WeightsClient:
    """A gateway's checkpoints and results: ``client.weights``. Calls raise what the gateway raised."""

    def __init__(self, http: httpx.Client, call: Callable[..., httpx.Response]) -> None:
        self._http = http
        self._call = call

    def checkpoints(self, job_id: str) -> list[dict[str, Any]]:
        """Oldest first; see `raylign.service.routes.weights.CheckpointView`."""
        found: list[dict[str, Any]] = self._call("GET", f"/v1/jobs/{job_id}/checkpoints").json()["data"]
        return found

    def fetch(
        self,
        job_id: str,
        folder: Path,
        *,
        step: int | None = None,
        tell: Callable[[str], None] = lambda name: None,
    ) -> list[Path]:
        """Write the model's files to a new directory: the job's result, or its checkpoint after ``step`` steps.

        ``tell``: told each file's name as it begins. Raises `SpecError` where the directory cannot be made.
        """
        if step is None:
            path = f"/v1/jobs/{job_id}/model"
            files = self._call("GET", path).json()["files"]
        else:
            path = f"/v1/jobs/{job_id}/checkpoints/{step}"
            found = [one for one in self.checkpoints(job_id) if one["step"] == step]
            if not found:
                raise SpecError(f"job {job_id!r} has no checkpoint after {step} steps")
            files = found[0]["model"]["files"]
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise SpecError(f"cannot make the directory {str(folder)!r}: {error.strerror}") from error
        written = []
        for file in files:
            name = Path(file["name"]).name  # a gateway that is none writes nothing elsewhere
            tell(name)
            written.append(self._write(f"{path}/{name}", folder / name, file["bytes"]))
        return written

    def _write(self, path: str, target: Path, size: int) -> Path:
        try:
            with self._http.stream("GET", path, timeout=WAIT) as response, target.open("xb") as file:
                response.raise_for_status()
                for chunk in response.iter_bytes():
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise GatewayUnreachable(f"{target.name} did not come whole ({error}): fetch it again") from error
        if (came := target.stat().st_size) != size:
            raise GatewayUnreachable(f"{target.name} has {came} of its {size} bytes: fetch it again")
        return target
