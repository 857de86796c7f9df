"""What is said of a secret that is no key."""

import pytest
from pydantic import ValidationError

from raylign.service.secret_views import NewSecret


def test_an_error_does_not_quote_it() -> None:
    with pytest.raises(ValidationError) as refused:
        NewSecret(value="my secret")
    assert "my secret" not in str(refused.value)
