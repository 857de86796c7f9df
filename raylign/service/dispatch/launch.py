"""What a driver is started with: its run directory, its command line, its environment."""

import os
import shlex
import site
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import raylign
from raylign.judges import allowance, libraries
from raylign.judges.endpoints import registry
from raylign.plan.confinement import Confinement
from raylign.record.lines import json_line
from raylign.record.whole import write_whole
from raylign.secrets import FILE
from raylign.service import tls
from raylign.service.reporter import TOKEN_FILE
from raylign.service.store import AttemptRecord
from raylign.trackers import kinds

RAY_STOP_WAIT_S = 30
"""Ray's own 3 s between SIGTERM and SIGKILL would kill a driver in the middle of a checkpoint."""


def prepare(run_dir: Path, document: Mapping[str, Any], token: str, secrets: Mapping[str, str] | None = None) -> None:
    """The driver's inputs: the job, the token with which it reports, the secrets that it names. Raises `OSError`."""
    run_dir.mkdir(exist_ok=True, mode=0o700)
    if not (run_dir / "job.json").exists():
        write_whole(run_dir / "job.json", json_line(document), secret=True)
    write_whole(run_dir / TOKEN_FILE, token, secret=True)
    forget(run_dir)
    if secrets:
        write_whole(run_dir / FILE, json_line(secrets), secret=True)


def forget(run_dir: Path) -> None:
    """Remove the secrets of an attempt that is over."""
    (run_dir / FILE).unlink(missing_ok=True)


def entrypoint(attempt: AttemptRecord, run_dir: Path, report_url: str, confinement: Confinement | None = None) -> str:
    """The driver's command line. Ray gives it to a shell; nothing that a user wrote is in it."""
    command = [sys.executable, "-m", "actors", "run", "--run-dir", str(run_dir)]
    command += ["--report", report_url, "--job-id", attempt.job_id, "--attempt", str(attempt.n)]
    for root in confinement.roots if confinement else ():
        command += ["--within", str(root)]
    for store in confinement.stores if confinement else ():
        command += ["--store-within", store]
    return shlex.join(command)


def env_vars() -> Mapping[str, str]:
    """Of the driver, and shown to everybody who reaches Ray."""
    root = str(Path(raylign.__file__).parents[1])
    installed = root in {*site.getsitepackages(), site.getusersitepackages()}
    paths = [] if installed else [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "RAY_JOB_STOP_WAIT_TIME_S": str(RAY_STOP_WAIT_S),
        **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {}),
        **allowance.setting(),
        **libraries.setting(),
        **kinds.setting(),
        **registry.setting(),
        **tls.setting(),
    }
