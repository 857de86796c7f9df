"""What may be asked of a model."""

import pytest
from pydantic import ValidationError

from raylign.service.openai.chat import ChatQuestion

ASKED = {"model": "job_1:step-20", "messages": [{"role": "user", "content": "2 + 2?"}]}


def test_what_clients_send_is_taken_and_what_is_absent_is_not_said():
    parts = {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    asked = ChatQuestion.model_validate({**ASKED, "messages": [parts, *ASKED["messages"]], "stop": ["\n"], "n": 2})
    said = asked.model_dump(mode="json", exclude_none=True)
    assert said.keys() == {"model", "messages", "stop", "n"}
    assert said["messages"][0] == parts


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "../etc"},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        {"temperature": float("nan")},
        {"n": 17},
        {"max_tokens": 0},
        {"stop": ["a"] * 5},
        {"seed": 2**63},
        {"top_logprobs": 3},
        {"stream_options": {"include_usage": True}},
        {"functions": []},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        ChatQuestion.model_validate({**ASKED, **wrong})
