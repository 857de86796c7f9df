"""How reward models read a conversation; what they make of it stands in `tests/actors/scoring/test_reward.py`."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from actors.text.golden import rating_encoder
from actors.text.rated import RatedText
from benchmarks.tiny_models import make_reward
from raylign.types import Prompt

PROMPT = Prompt(
    task="chat",
    id="chat/0",
    text="<user>Hi<eos><assistant>",
    question="Hi",
    messages=({"role": "user", "content": "Hi"},),
    token_ids=(2, 38, 13, 1, 3),
    baseline="Yes",
)
REFUSING = "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}{% endfor %}"


@pytest.mark.parametrize(
    ("template", "text"), [(True, "<user>Hi<eos><assistant>Yes<eos>"), (False, "User: Hi\n\nAssistant: Yes")]
)
def test_a_conversation_is_read_through_the_template_or_as_plain_text(
    tmp_path: Path, template: bool, text: str
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(make_reward(tmp_path, chat_template=template))
    texts = RatedText(tokenizer)
    assert texts.is_plain is not template
    assert texts.read(PROMPT, "Yes") == tokenizer(text)["input_ids"]
    assert rating_encoder(texts)(PROMPT) == tuple(tokenizer(text)["input_ids"])


def test_what_the_template_refuses_is_not_read(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(make_reward(tmp_path))
    tokenizer.chat_template = REFUSING
    texts = RatedText(tokenizer)
    assert "no tools" in texts.refusal(("tool",))
    assert texts.refusal(("user",)) == ""
    refused = Prompt(
        task="t", id="t/0", text="x", question="x", messages=({"role": "tool", "content": "x"},), token_ids=(1,),
        baseline="Yes",
    )  # fmt: skip
    assert texts.read(refused, "Yes") == "template"
    assert rating_encoder(texts)(refused) == ()
