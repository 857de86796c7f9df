"""The trained refusal judge, of a tiny Llama: it reads as the whole model would, learns, and is compared row by row."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from benchmarks.refusal_judge import NEGATIVE, POSITIVE, PROMPT, Small, Training, compare, question, sign_test

WORDS = ["?", "Yes", "No", "sorry", "sure", "Does", "this", "answer", "help", "Reply", "with", "or", ":"]
ROWS = [
    {"response": "sure sure", "gold": True},
    {"response": "sorry", "gold": False},
    {"response": "sure", "gold": True},
    {"response": "sorry sorry", "gold": False},
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("llama")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(WORDS), bos_token_id=None, eos_token_id=None, **sizes)).save_pretrained(
        path
    )
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=made, unk_token="?").save_pretrained(path)
    return path


def test_all_its_layers_read_as_the_model_does(directory: Path) -> None:
    small = Small(directory, Training(layers=3, trained=1, batch=3))
    asked = [question("m").put(PROMPT, row["response"]) for row in ROWS]
    said = small.next_token(asked, {"positive": POSITIVE, "negative": NEGATIVE})
    whole = LlamaForCausalLM.from_pretrained(directory)
    for one, (yes, no) in zip(asked, said, strict=True):
        ids = small._tokenizer.encode(one(str))  # type: ignore[operator]
        logprobs = whole(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
        assert [yes, no] == pytest.approx(logprobs[[1, 2]].tolist(), abs=0.02)  # bfloat16


def test_it_learns_what_its_rows_say_and_begins_anew(directory: Path) -> None:
    small = Small(directory, Training(layers=2, trained=1, epochs=30, batch=4, learning_rate=1e-2))
    small.learn(ROWS)
    assert compare(small, ROWS)["judge"] == 4
    small.learn([{**row, "gold": not row["gold"]} for row in ROWS])
    found = compare(small, ROWS)
    assert (found["judge"], found["rule"], found["rule_alone"]) == (0, 2, 2)  # the rule knows no lone "sorry"


def test_rows_that_only_one_has_right_are_told_from_chance() -> None:
    assert sign_test(10, 2) == pytest.approx(2 * (1 + 12 + 66) / 4096)
    assert sign_test(2, 10) == sign_test(10, 2)
    assert sign_test(3, 3) == sign_test(0, 0) == 1.0
