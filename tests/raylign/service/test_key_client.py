"""API keys of a gateway, from outside, by an admin."""

import pytest
from service import Service, key_of

from raylign.errors import Forbidden, KeyNotFound, SpecError, Unauthorized
from raylign.service.access import Scope


def test_an_admin_makes_lists_replaces_and_revokes_keys(service: Service) -> None:
    with service.client() as admin:
        made = admin.keys.create("ci", tenant="acme", scopes=["read"], lasts_s=60)
        assert (made["tenant"], made["scopes"], made["valid"]) == ("acme", ["read"], True)
        assert made["expires_at"] == pytest.approx(made["created_at"] + 60)
        [listed] = admin.keys.all(tenant="acme")
        assert listed == {name: value for name, value in made.items() if name != "key"}
        assert admin.keys.all(tenant="other") == []
        with service.client(made["key"]) as client:
            assert client.jobs() == []
            new = admin.keys.rotate(made["id"])
            with pytest.raises(Unauthorized):  # at once: this gateway was told
                client.jobs()
        with service.client(new["key"]) as client:
            assert client.jobs() == []
            assert admin.keys.revoke(new["id"])["valid"] is False
            with pytest.raises(Unauthorized):
                client.jobs()
        for call in (admin.keys.revoke, admin.keys.rotate):
            with pytest.raises(KeyNotFound, match="'nothing'"):
                call("nothing")
        for wrong in ({"scopes": ["write"]}, {"scopes": []}, {"tenant": "../x"}, {"lasts_s": -1}):
            with pytest.raises(SpecError):
                admin.keys.create("x", **wrong)


def test_no_other_scope_makes_or_sees_keys(service: Service) -> None:
    with service.client(key_of(service.store, "acme", Scope.READ, Scope.SUBMIT)) as client:
        for call in (
            lambda: client.keys.create("x", scopes=["admin"]),
            client.keys.all,
            lambda: client.keys.revoke("x"),
        ):
            with pytest.raises(Forbidden, match="needs 'admin'"):
                call()
