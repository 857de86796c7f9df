"""The one base of all settings that a job file may hold."""

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Frozen; unknown keys refused; each field's docstring becomes its description in the JSON schema."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False, protected_namespaces=()
    )
