"""Secrets, from the command line: read from a pipe, never from an argument."""

from service import KEY, live_service
from typer.testing import CliRunner

from raylign.cli.app import app


def test_a_secret_is_set_listed_and_deleted(tmp_path, monkeypatch):
    with live_service(tmp_path) as running:
        monkeypatch.setenv("RAYLIGN_URL", running.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        said = CliRunner().invoke(app, ["secrets", "set", "hub"], input="hf_correct-horse\n")
        assert (said.exit_code, said.stdout) == (0, "secret://hub  set\n")
        assert CliRunner().invoke(app, ["secrets", "list"]).stdout == "hub\tdefault\n"
        assert CliRunner().invoke(app, ["secrets", "delete", "hub"]).stdout == "hub  deleted\n"
        assert CliRunner().invoke(app, ["secrets", "list"]).stdout == ""
