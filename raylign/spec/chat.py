"""What a task says to the policy's chat template."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from raylign import bounds

TAKEN = frozenset(
    {
        "conversation", "messages", "tools", "documents", "chat_template", "add_generation_prompt",
        "continue_final_message", "tokenize", "padding", "truncation", "max_length", "return_tensors", "return_dict",
        "return_assistant_tokens_mask", "tokenizer_kwargs",
    }
)  # fmt: skip
"""Arguments of `apply_chat_template` that are not the template's, or are what prompts are made of."""


def _for_the_template(given: Mapping[str, object]) -> Mapping[str, object]:
    if taken := sorted(given.keys() & TAKEN):
        raise ValueError(
            f"`{taken[0]}` is not an argument of the template: prompts are rendered as the model's own template has "
            "it, up to where the response begins"
        )
    return given


Name = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$", max_length=bounds.NAME)]
Value = (
    Annotated[str, Field(max_length=bounds.TEXT)]
    | bool
    | Annotated[int, Field(ge=-int(bounds.NUMBER), le=int(bounds.NUMBER))]
    | Annotated[float, Field(ge=-bounds.NUMBER, le=bounds.NUMBER)]
    | None
)
TemplateArguments = Annotated[dict[Name, Value], Field(max_length=bounds.CONDITIONS), AfterValidator(_for_the_template)]
"""What the template is told beside the turns: ``{enable_thinking: false}``."""
