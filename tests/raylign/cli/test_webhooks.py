"""Webhooks, from the command line."""

import json

from command import raylign
from service import KEY, live_service


def test_a_webhook_is_made_listed_shown_and_deleted(tmp_path, monkeypatch):
    with live_service(tmp_path) as running:
        monkeypatch.setenv("RAYLIGN_URL", running.url)
        monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
        made = json.loads(raylign("webhooks", "create", "https://hooks.example/in", "--json").stdout)
        listed = raylign("webhooks", "list").stdout
        assert listed == f"{made['id']}\tdefault\thttps://hooks.example/in\n"
        assert json.loads(raylign("webhooks", "show", made["id"], "--json").stdout)["deliveries"] == []
        assert raylign("webhooks", "delete", made["id"]).stdout == f"{made['id']}  deleted\n"
        assert raylign("webhooks", "show", made["id"]).returncode == 1
