"""What the API says of secrets: never what they are. Times are Unix seconds."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

from raylign.service.store import SecretRecord

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class NewSecret(BaseModel):
    """What is to be kept."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    value: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{8,8192}$")]
    """A key or token as it is sent: printable ASCII, no spaces. Nobody is shown it again."""


class SecretView(BaseModel):
    """A secret, by its name: jobs say ``secret://NAME``."""

    name: str
    tenant: str
    created_at: float
    set_at: float
    """When it got the value that it has."""

    @classmethod
    def of(cls, found: SecretRecord) -> Self:
        """Without its value, sealed or not."""
        return cls(name=found.name, tenant=found.tenant, created_at=found.created_at, set_at=found.set_at)


class SecretPage(BaseModel):
    """All of them, by name."""

    data: list[SecretView]
