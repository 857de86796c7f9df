from typing import Any

import pytest
from instruction_cases import CASE, CASES, tells_apart


@pytest.mark.parametrize(CASE, CASES["formats"])
def test_each_kind_tells_followed_from_not(name: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    tells_apart(name, arguments, good, bad)
