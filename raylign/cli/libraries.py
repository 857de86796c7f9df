"""What the operator lets programs under test import: an option of every command that starts a judge."""

import os
from typing import Annotated

import typer

Libraries = Annotated[
    str,
    typer.Option(
        "--sandbox-libraries",
        envvar="RAYLIGN_SANDBOX_LIBRARIES",
        help="Installed packages that programs under test may import, 'numpy,sympy' for two.",
    ),
]


def allow(libraries: str) -> None:
    """Let programs under test, of every process that is started from here, import these packages.

    Raises `RunError` where one cannot be allowed.
    """
    from raylign.judges import libraries as allowed

    allowed.find(allowed.names(libraries))
    os.environ[allowed.VARIABLE] = libraries
