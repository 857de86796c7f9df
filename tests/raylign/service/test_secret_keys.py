"""Keys as text."""

import hashlib

import pytest

from raylign.service.secret_keys import new_key, read_key


def test_a_key_is_read_as_it_was_written() -> None:
    keys = [new_key() for _ in range(200)]
    assert [read_key(key.text) for key in keys] == keys
    assert len({key.id for key in keys}) == len({key.secret for key in keys}) == 200
    assert keys[0].sha256 == hashlib.sha256(keys[0].secret.encode()).hexdigest()


@pytest.mark.parametrize("text", ["", "rl_", "rl_x", "rl_" + "0" * 60, "rl_" + "0" * 16 + "_" + "é" * 43, "x" * 10_000])
def test_what_has_not_its_form_is_no_key(text: str) -> None:
    assert read_key(text) is None
    assert read_key(new_key().text + text) is None or text == ""
