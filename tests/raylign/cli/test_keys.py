"""API keys, from the command line."""

import json

import pytest
import typer
from command import raylign
from service import open_store

from raylign.cli.keys import span


def test_a_key_is_shown_once_listed_without_its_secret_rotated_and_revoked(tmp_path):
    made = json.loads(raylign("keys", "create", "ci", "--tenant", "acme", "--home", tmp_path, "--json").stdout)
    assert (made["name"], made["tenant"], made["scopes"], made["valid"]) == ("ci", "acme", ["read", "submit"], True)
    assert made["key"].startswith(f"rl_{made['id']}_")
    [listed] = json.loads(raylign("keys", "list", "--home", tmp_path, "--json").stdout)
    assert listed == {name: value for name, value in made.items() if name != "key"}
    new = raylign("keys", "rotate", made["id"], "--home", tmp_path)
    assert new.stdout.startswith("rl_")
    assert "It is not shown again" in new.stderr
    assert made["key"] not in raylign("keys", "list", "--home", tmp_path).stdout
    old, fresh = json.loads(raylign("keys", "list", "--tenant", "acme", "--home", tmp_path, "--json").stdout)
    assert (old["valid"], fresh["valid"], fresh["name"]) == (False, True, "ci")
    assert raylign("keys", "revoke", fresh["id"], "--home", tmp_path).stdout.startswith(f"{fresh['id']}  revoked")
    assert not any(key.valid(2e9) for key in open_store(tmp_path).all_keys())
    assert json.loads(raylign("keys", "list", "--tenant", "other", "--home", tmp_path, "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "x", "--scopes", "write"), "read, submit, admin"),
        (("create", "x", "--tenant", "A/B"), "a-z, 0-9"),
        (("create", "x", "--expires", "soon"), "90d"),
        (("create", "x" * 65), "1 to 64"),
    ],
)
def test_a_wrong_word_is_refused_with_what_to_write(tmp_path, words, says):
    done = raylign("keys", *words, "--home", tmp_path)
    assert done.returncode == 2
    assert says in done.stderr.replace("\n", " ")


def test_a_key_that_is_none_is_one_sentence(tmp_path):
    done = raylign("keys", "revoke", "nothing", "--home", tmp_path)
    assert (done.returncode, done.stderr) == (1, "error: there is no key 'nothing'; `raylign keys list` shows all\n")


def test_times_are_written_with_their_unit():
    assert [span(text) for text in ("90d", "12h", "30m", "0s")] == [7_776_000, 43_200, 1800, 0]
    with pytest.raises(typer.BadParameter):
        span("90")
