"""A task's prompts on disk: rendered when they are drawn, those that are too long left out, some held out."""

import json

import pytest

from raylign.errors import SpecError
from raylign.sources.deck import LOOKED_AT, Stock
from raylign.sources.inventory import shelved
from raylign.sources.render import Renderer
from raylign.spec.prompts import Prompts


class Counting:
    """A token a word; counts how often it is asked."""

    chat_template = None
    eos_token_id = 0
    asked = 0

    def encode(self, text, *, add_special_tokens):
        self.asked += 1
        return [len(word) for word in text.split()]


@pytest.fixture
def stock(tmp_path):
    def build(*texts, limit=100, **settings):
        path = tmp_path / "prompts.jsonl"
        path.write_text("".join(json.dumps({"prompt": text, "answer": text[:1]}) + "\n" for text in texts))
        tokenizer = Counting()
        prompts = Prompts(path=str(path), **settings)
        return tokenizer, Stock(prompts, shelved(prompts), Renderer(task="math", tokenizer=tokenizer, limit=limit))

    return build


def test_a_prompt_is_tokenised_when_it_is_drawn(stock, tmp_path):
    tokenizer, made = stock(*(f"what is {number}" for number in range(200)))
    deck = made.deck()
    (tmp_path / "prompts.jsonl").write_text("another file by now")
    assert (tokenizer.asked, len(deck)) == (0, 200)
    prompt = deck[7]
    assert (prompt.id, prompt.text, prompt.token_ids, prompt.metadata) == (
        "math/7", "what is 7", (4, 2, 1), {"answer": "w"},
    )  # fmt: skip
    assert [prompt.id for prompt in deck[:2]] == ["math/0", "math/1"]
    assert tokenizer.asked == 3


def test_what_is_too_long_is_left_out_and_counted_and_the_rest_keeps_its_names(stock):
    _, made = stock("a b c d e", "a", "b c d " * 9, "e" * 90, limit=5)
    assert [prompt.id for prompt in made.deck()] == ["math/0", "math/1", "math/3"]
    assert made.dropped == 1
    outline = made.outline()
    assert (outline.longest, dict(outline.roles)) == (5, {("user",): 3})


def test_the_longest_of_many_is_among_those_looked_at(stock):
    words = [number % 40 + 1 for number in range(3 * LOOKED_AT)]
    tokenizer, made = stock(*("word " * count for count in words), limit=1000)
    assert made.outline().longest == max(words)
    assert tokenizer.asked == LOOKED_AT


def test_what_is_too_long_ends_the_run_where_that_is_asked_for(stock):
    with pytest.raises(SpecError, match="task 'math', prompt 1: 27 tokens leave no room for an answer, the limit is 5"):
        stock("a", "b c d " * 9, limit=5, too_long="refuse")
    with pytest.raises(SpecError, match="task 'math': all 2 prompts of .* have more than 2 tokens"):
        stock("a b c", "b c d", limit=2)


def test_some_are_held_out_and_none_is_on_both_sides(stock):
    _, made = stock(*(f"what is {number // 2}" for number in range(200)))
    trained, held = made.held_out(0.1, least=8)
    texts = {prompt.text for prompt in trained}, {prompt.text for prompt in held}
    assert len(trained) + len(held) == 200
    assert not texts[0] & texts[1]
    assert 4 <= len(held) <= 40
