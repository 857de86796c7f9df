import pytest

from raylign.redact import redacted

ENVIRONMENT = {
    "WANDB_API_KEY": "0123456789",
    "HF_TOKEN": "hf_abcdef",
    "RAY_AUTH_TOKEN_PATH": "/home/me/token",
    "TOKENIZERS_PARALLELISM": "false",
    "HOME": "/home/me",
    "GH_PAT": "short-pat",
    "PGPASSWORD": "p/w@12",
    "MYSQL_PWD": "sesame",
    "SMTP_PASS": "open-up",
    "SENTRY_DSN": "some-dsn",
    "DEPLOY": "a81bc81bdead4e5dabff90865d1e13b1",
    "HOSTNAME": "gateway-7d9f8b6c5d-x2x1z-long",
    "SSH_AUTH_SOCK": "/tmp/agent.12",
    "PATH": "/usr/bin:/bin",
    "PWD": "/home/me",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key 0123456789 is refused", "key *** is refused"),
        ("Bearer hf_abcdef, hf_abcdef", "Bearer ***, ***"),
        ("https://me:pw@host/x and http://host", "https://***@host/x and http://host"),
        ("false in /home/me/token", "false in /home/me/token"),
        ("https://me:p/q@host/x", "https://***@host/x"),
        ("https://me:p/q@r@host/x, as told", "https://***@host/x, as told"),
        ("https://token@host/x@v1", "https://***@host/x@v1"),
        ("https://host/org/name@v1 and a@b", "https://host/org/name@v1 and a@b"),
        ("short-pat, sesame, open-up, some-dsn", "***, ***, ***, ***"),
        ("p/w@12 is p%2Fw%4012 in an address", "*** is *** in an address"),
        ("a variable of any name: a81bc81bdead4e5dabff90865d1e13b1", "a variable of any name: ***"),
        ("on gateway-7d9f8b6c5d-x2x1z-long: /tmp/agent.12", "on gateway-7d9f8b6c5d-x2x1z-long: /tmp/agent.12"),
        ("ghp_98765abcdefABCDEFxyz and hf_is_short", "*** and hf_is_short"),
        (
            "https://host/x?page=2&X-Amz-Signature=ab12&api_key=c",
            "https://host/x?page=2&X-Amz-Signature=***&api_key=***",
        ),
    ],
)
def test_no_key_of_the_environment_and_no_password_of_an_address_is_said(text, shown):
    assert redacted(text, ENVIRONMENT) == shown
