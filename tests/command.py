"""The command line, run in this process or in one of its own."""

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import NoReturn

import pytest

from raylign.cli.app import main


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command leaves a user with."""

    returncode: int
    stdout: str
    stderr: str


def raylign(*arguments) -> Done:
    """The command in this process, which has imported what it needs."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        patch.setattr(sys, "argv", ["raylign", *map(str, arguments)])
        patch.setattr(os, "execv", _become)
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(returncode=ended.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def _become(program: str, arguments: list[str]) -> NoReturn:
    """The driver's command, in this process too: as far as it goes without Ray."""
    from actors.__main__ import main

    _, _, sys.argv[0], *sys.argv[1:] = arguments
    sys.exit(main())


def started(*arguments) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own."""
    command = [sys.executable, "-m", "raylign.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
