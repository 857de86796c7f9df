"""Uploaded files are looked at by processes of their own, few at a time, each for so long."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import raylign

INSPECTOR = "raylign.service.inspector"
SECONDS = 120
"""Some ten million short rows."""
AT_ONCE = 2
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "HOME")
"""Of the gateway's environment: no key is among it."""


@dataclass(frozen=True)
class Inspecting:
    """Looks at files."""

    seconds: int = SECONDS

    async def look(self, file: Path, columns: Mapping[str, str], *, most_unpacked: int) -> dict[str, Any]:
        """What `raylign.service.inspector.look` says; ``{"refused"}`` of a file that takes too long, or too much."""
        return await self._have("look", file, columns, most_unpacked)

    async def pairs(self, file: Path, columns: Mapping[str, str], *, most_bytes: int) -> dict[str, Any]:
        """What `raylign.service.inspector.pairs` says; ``{"refused"}`` of a file that takes too long, or too much."""
        return await self._have("pairs", file, columns, most_bytes)

    async def begin(self, file: Path, told: Mapping[str, Any]) -> dict[str, Any]:
        """What `raylign.service.inspector.begin` says; ``{"refused"}`` of a file that takes too long, or too much."""
        return await self._have("begin", file, told, 0)

    async def _have(self, work: str, file: Path, told_it: Mapping[str, Any], most: int) -> dict[str, Any]:
        words = [work, file.name, json.dumps(dict(told_it)), str(most), str(self.seconds)]
        root = str(Path(raylign.__file__).parents[1])
        told = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        told["PYTHONPATH"] = os.pathsep.join(filter(None, [root, told.get("PYTHONPATH")]))
        async with self._turns:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", "-m", INSPECTOR, *words),  # -P: no module is looked for beside the file
                cwd=file.parent,  # so that it speaks of the file by its name alone
                env=told,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(self.seconds):
                    said, _ = await child.communicate()
            except TimeoutError:
                return {"refused": f"it cannot be read within {self.seconds} s"}
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0:
            return {"refused": "to read it takes more memory or time than this service gives one dataset"}
        found: dict[str, Any] = json.loads(said)
        return found

    @cached_property
    def _turns(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(AT_ONCE)
