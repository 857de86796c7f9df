"""Who may do what, and sees whose."""

import pytest
from pydantic import TypeAdapter, ValidationError

from raylign.errors import Forbidden
from raylign.service.access import Caller, Scope, Tenant, read_scopes


def caller(*scopes: Scope) -> Caller:
    return Caller(tenant="acme", scopes=frozenset(scopes), key_id="k")


def test_a_key_does_what_its_scopes_say_and_an_admins_does_all() -> None:
    reader = caller(Scope.READ)
    reader.require(Scope.READ)
    with pytest.raises(Forbidden, match=r"scopes read, this request needs 'submit'.*keys create --scopes submit"):
        reader.require(Scope.SUBMIT)
    for scope in Scope:
        caller(Scope.ADMIN).require(scope)
    with pytest.raises(Forbidden):
        caller(Scope.SUBMIT).require(Scope.READ)  # a mailbox


def test_one_sees_ones_own_and_an_admin_everybodys() -> None:
    reader, admin = caller(Scope.READ), caller(Scope.ADMIN)
    assert [reader.sees(name) for name in ("acme", "other")] == [True, False]
    assert [admin.sees(name) for name in ("acme", "other")] == [True, True]
    assert [reader.listed(name) for name in (None, "acme")] == ["acme", "acme"]
    assert [admin.listed(name) for name in (None, "other")] == [None, "other"]
    with pytest.raises(Forbidden, match="leave \\?tenant= out"):
        reader.listed("other")


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "..", "a/b", "a" * 64, "a\n", "é"])
def test_a_tenants_name_is_one_of_a_directory(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Tenant).validate_python(name)


def test_scopes_are_read_by_their_names() -> None:
    assert read_scopes(["read", "admin"]) == {Scope.READ, Scope.ADMIN}
    with pytest.raises(ValueError, match="write"):
        read_scopes(["write"])
