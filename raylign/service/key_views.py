"""What the API says of keys. Times are Unix seconds."""

import time
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from raylign.service.access import DEFAULT_TENANT, Scope, Tenant
from raylign.service.store import KeyRecord

LONGEST_S = 10 * 366 * 86_400.0


class NewKey(BaseModel):
    """What is asked for."""

    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]
    """What it is for."""
    tenant: Tenant = DEFAULT_TENANT
    """Whose jobs it makes and sees."""
    scopes: frozenset[Scope] = Field(default=frozenset({Scope.READ, Scope.SUBMIT}), min_length=1)
    """What it may be used for."""
    lasts_s: float | None = Field(default=None, gt=0, le=LONGEST_S)
    """Seconds until it expires; never where absent."""


class KeyView(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    tenant: str
    scopes: list[Scope]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    used_at: float | None
    """When it was last seen, within a minute."""
    valid: bool

    @classmethod
    def of(cls, key: KeyRecord) -> Self:
        """As of now."""
        scopes = [Scope(word) for word in key.scopes.split(",")]
        return cls(
            id=key.id,
            name=key.name,
            tenant=key.tenant,
            scopes=scopes,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            used_at=key.used_at,
            valid=key.valid(time.time()),
        )


class MadeKey(KeyView):
    """A new one."""

    key: str
    """As a client sends it; shown this once."""


class KeyPage(BaseModel):
    """All of them, oldest first."""

    data: list[KeyView]
