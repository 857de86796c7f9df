"""What prompts may be named by."""

import pytest
from pydantic import ValidationError

from raylign.spec.prompts import Prompts


@pytest.mark.parametrize(
    "name", ["", "/etc", "//host/a", "../a", "a/..", ".", "~/a", "a/b/c", "a::b", "org/name@main", "s3://a/b", "a/b\n"]
)
def test_after_the_hub_comes_a_name_and_no_path(name: str) -> None:
    with pytest.raises(ValidationError, match="comes the name of a dataset, org/name"):
        Prompts(path=f"hf://{name}")


def test_names_of_the_hub_are_taken() -> None:
    for name in ("openai/gsm8k", "squad", "HuggingFaceH4/ultrafeedback_binarized", "a-b/c.d_e-1"):
        assert Prompts(path=f"hf://{name}").path == f"hf://{name}"
