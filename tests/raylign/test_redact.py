import pytest

from raylign.redact import redacted

ENVIRONMENT = {
    "WANDB_API_KEY": "0123456789",
    "HF_TOKEN": "hf_abcdef",
    "RAY_AUTH_TOKEN_PATH": "/home/me/token",
    "TOKENIZERS_PARALLELISM": "false",
    "HOME": "/home/me",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key 0123456789 is refused", "key *** is refused"),
        ("Bearer hf_abcdef, hf_abcdef", "Bearer ***, ***"),
        ("https://me:pw@host/x and http://host", "https://***@host/x and http://host"),
        ("false in /home/me/token", "false in /home/me/token"),
    ],
)
def test_no_key_of_the_environment_and_no_password_of_an_address_is_said(text, shown):
    assert redacted(text, ENVIRONMENT) == shown
