"""Prompts as the policy reads them, with and without a chat template."""

import unicodedata
from datetime import datetime

import pytest
from jinja2 import TemplateError

from raylign.errors import SpecError
from raylign.sources.render import Renderer, size


class Words:
    """A tokenizer of words, with or without a chat template."""

    eos_token_id = 0

    def __init__(self, chat_template="yes"):
        self.chat_template = chat_template

    def encode(self, text, *, add_special_tokens):
        return [99] * add_special_tokens + [len(word) for word in text.split()]

    def apply_chat_template(self, conversation, *, tokenize, add_generation_prompt, strftime_now, think=True):
        if sum(turn["role"] == "system" for turn in conversation) > 1:
            raise TemplateError("one system's turn")
        turns = " ".join(f"<{turn['role']}> {turn['content']}" for turn in conversation)
        return turns + " <assistant>" * add_generation_prompt + " <think>" * (not think)


def render(task, rows, tokenizer, *, max_prompt_tokens, **settings):
    renderer = Renderer(task=task, tokenizer=tokenizer, limit=max_prompt_tokens, **settings)
    for number, row in enumerate(rows):
        renderer.frame(number, row)  # raises what the whole would, but for the length
    return [renderer.prompt(number, row) for number, row in enumerate(rows)]


class Letters(Words):
    """A token for each byte of what the text is decomposed into, as no tokenizer makes more."""

    def encode(self, text, *, add_special_tokens):
        return [99] * add_special_tokens + list(unicodedata.normalize("NFKD", text).encode())


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


KIND = {"role": "system", "content": "Be kind."}
HELLO = {"role": "user", "content": "hello"}


@pytest.mark.parametrize(
    ("row", "text", "turns"),
    [
        ({"prompt": "hello"}, "<system> Short. <user> hello <assistant>", ("system", "user")),
        ({"messages": [HELLO]}, "<system> Short. <user> hello <assistant>", ("system", "user")),
        ({"messages": [KIND, HELLO]}, "<system> Be kind. <user> hello <assistant>", ("system", "user")),
    ],
)
def test_a_tasks_system_is_put_before_conversations_that_have_none_and_makes_one_of_plain_text(row, text, turns):
    (made,) = render("chat", [row], Words(), max_prompt_tokens=9, system="Short.")
    assert (made.text, made.question, made.templated) == (text, "hello", True)
    assert tuple(turn["role"] for turn in made.messages) == turns
    assert 99 not in made.token_ids


def test_the_template_is_told_what_the_task_says_and_plain_text_has_none():
    (made,) = render("chat", [{"messages": [HELLO]}], Words(), max_prompt_tokens=9, arguments={"think": False})
    assert made.text == "<user> hello <assistant> <think>"
    with pytest.raises(SpecError, match="prompt 0 is plain text, which no template renders"):
        render("chat", [{"prompt": "hello"}], Words(), max_prompt_tokens=9, arguments={"think": False})


@pytest.mark.parametrize("row", [{"messages": [KIND, KIND, HELLO]}, {"messages": [HELLO]}])
def test_what_the_template_does_not_take_is_said(row):
    with pytest.raises(SpecError, match=r"prompt 0: the policy's chat template does not take turns of .*user"):
        render(
            "chat", [row], Words(), max_prompt_tokens=9, arguments={"thinking": 1} if len(row["messages"]) == 1 else {}
        )
    with pytest.raises(SpecError, match="use `prompt` without a `system`"):
        render("chat", [{"prompt": "hello"}], Words(None), max_prompt_tokens=9, system="Short.")


@pytest.mark.parametrize("system", [None, "Be brief."])
@pytest.mark.parametrize(
    "row", [{"prompt": "abc"}, {"prompt": "äß\ufdfa가"}, {"messages": [HELLO]}, {"messages": [KIND, HELLO, HELLO]}]
)
def test_tokens_are_bounded_without_a_tokenizer(row, system):
    renderer = Renderer(task="chat", tokenizer=Letters(), limit=999, system=system)
    made = renderer.prompt(0, row)
    frame = renderer.frame(0, row)
    assert len(made.token_ids) <= frame.tokens_at_most(size(row)) <= len(made.token_ids) + 30
    assert frame.roles == tuple(turn["role"] for turn in made.messages)
    assert not renderer.is_too_long(0, row)


def test_a_template_that_says_a_turn_twice_is_seen_to():
    class Twice(Letters):
        def apply_chat_template(self, conversation, **settings):
            return "".join(turn["content"] * 2 for turn in conversation)

    row = {"messages": [{"role": "user", "content": "x" * 500}]}
    renderer = Renderer(task="chat", tokenizer=Twice(), limit=999)
    assert renderer.frame(0, row).tokens_at_most(size(row)) >= len(
        renderer.tokenizer.encode("x" * 1000, add_special_tokens=False)
    )


def test_a_template_that_writes_the_date_writes_the_same_one_every_day():
    class Dated(Words):
        def apply_chat_template(self, conversation, **settings):
            today = settings.get("strftime_now", datetime.now().strftime)
            return f"{settings.get('date_string', today('%d %b %Y'))} {conversation[0]['content']}"

    row = {"messages": [HELLO]}
    assert Renderer(task="chat", tokenizer=Dated(), limit=99).prompt(0, row).text == "26 Jul 2024 hello"
    told = Renderer(task="chat", tokenizer=Dated(), limit=99, arguments={"date_string": "1 May 2026"})
    assert told.prompt(0, row).text == "1 May 2026 hello"
