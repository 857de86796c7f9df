"""What requests in OpenAI's words have in common."""

from pydantic import BaseModel, ConfigDict


class Asked(BaseModel):
    """Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
