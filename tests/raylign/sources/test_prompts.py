"""Prompts as the policy reads them, with and without a chat template."""

import pytest

from raylign.errors import SpecError
from raylign.sources.prompts import render


class Words:
    """A tokenizer of words, with or without a chat template."""

    eos_token_id = 0

    def __init__(self, chat_template="yes"):
        self.chat_template = chat_template

    def encode(self, text, *, add_special_tokens):
        return [99] * add_special_tokens + [len(word) for word in text.split()]

    def apply_chat_template(self, conversation, *, tokenize, add_generation_prompt):
        turns = " ".join(f"<{turn['role']}> {turn['content']}" for turn in conversation)
        return turns + " <assistant>" * add_generation_prompt


def test_a_plain_prompt_is_read_as_it_is_and_messages_through_the_template():
    made = render(
        "chat",
        [{"prompt": "hi there", "metadata": {"a": 1}}, {"messages": [{"role": "user", "content": "hello"}]}],
        Words(),
        max_prompt_tokens=9,
    )
    assert (made[0].text, made[0].token_ids, made[0].question) == ("hi there", (99, 2, 5), "hi there")
    assert (made[1].text, made[1].question) == ("<user> hello <assistant>", "hello")
    assert made[1].token_ids == (6, 5, 11)  # the template brings its own special tokens
    assert [prompt.id for prompt in made] == ["chat/0", "chat/1"]
    assert made[0].metadata == {"a": 1}


def test_messages_without_a_chat_template_are_refused():
    with pytest.raises(SpecError, match="task 'chat', prompt 0 has `messages`, but .* no chat template"):
        render("chat", [{"messages": [{"role": "user", "content": "x"}]}], Words(None), max_prompt_tokens=9)


def test_a_prompt_that_leaves_no_room_is_refused():
    with pytest.raises(SpecError, match="task 'chat', prompt 0: 4 tokens leave no room for an answer, the limit is 3"):
        render("chat", [{"prompt": "a b c"}], Words(), max_prompt_tokens=3)
