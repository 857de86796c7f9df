"""Who may do what: the caller of a request, as its key says."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from raylign.errors import Forbidden

DEFAULT_TENANT = "default"
"""Whose the home's own key is, and all that was made before there were tenants."""
Tenant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""A tenant's name: a directory of the home is called so."""


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    """To look: at its tenant's jobs, events, results."""
    SUBMIT = "submit"
    """To make, change and stop what is its tenant's."""
    ADMIN = "admin"
    """All of it, of every tenant's, and the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request."""

    tenant: str
    """Whose whatever it makes will be."""
    scopes: frozenset[Scope]
    key_id: str

    @property
    def reach(self) -> str | None:
        """The one tenant whose things it sees; None for an admin, who sees everybody's."""
        return None if Scope.ADMIN in self.scopes else self.tenant

    def sees(self, tenant: str) -> bool:
        """Whether it may know of what is ``tenant``'s. Where not, answer as if it were not there: 404."""
        return self.reach in (None, tenant)

    def listed(self, tenant: str | None) -> str | None:
        """Whose things a list shows that was asked for with ``?tenant=``; None: everybody's.

        Raises `Forbidden` where somebody else's are asked for without the scope admin, whether there are any or not.
        """
        if tenant is not None and not self.sees(tenant):
            raise Forbidden("only a key with the scope 'admin' lists what other tenants have: leave ?tenant= out")
        return tenant or self.reach

    def require(self, scope: Scope) -> None:
        """Raise `Forbidden` unless its key has this scope, or is an admin's."""
        if not self.scopes & {scope, Scope.ADMIN}:
            raise Forbidden(
                f"this key has the scopes {', '.join(sorted(self.scopes))}, this request needs {scope.value!r}: ask "
                f"the operator for one by `raylign keys create --scopes {scope.value}`"
            )


def read_scopes(words: Collection[str]) -> frozenset[Scope]:
    """Scopes by their names. Raises `ValueError`."""
    return frozenset(map(Scope, words))
