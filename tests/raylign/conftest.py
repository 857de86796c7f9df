import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of public reference data; its absence skips, and fails where CI is set."""
    checkout = Path(__file__).parents[2]
    folder = Path(os.environ.get("RAYLIGN_REFERENCE_DATA", checkout.parent / "shared" / "data"))
    if folder.is_dir():
        return folder
    reason = f"no reference data at {str(folder)!r}: set RAYLIGN_REFERENCE_DATA"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
