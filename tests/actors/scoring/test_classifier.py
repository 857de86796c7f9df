"""A reward model is read where transformers reads it for a row alone, whatever its padding."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from actors.scoring.classifier import Classifier
from actors.scoring.reward import RewardWorker
from benchmarks.tiny_models import make_reward
from raylign.rewards.raters import Head
from raylign.types import Prompt

PROMPT = Prompt(
    task="chat",
    id="chat/0",
    text="<user>Hi<eos><assistant>",
    question="Hi",
    messages=({"role": "user", "content": "Hi"},),
    token_ids=(2, 38, 13, 1, 3),
)


TEXTS = ["Good day to you", "No", "Yes, 12 of them."]


def worker(*models: Path) -> RewardWorker:
    return RewardWorker(heads=[Head(str(model)) for model in models], device="cpu", threads=1)


def read_alone(directory: Path, texts: Sequence[str]) -> list[float]:
    """What transformers itself gives each conversation, one at a time and without padding."""
    model = AutoModelForSequenceClassification.from_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    rendered = [f"<user>Hi<eos><assistant>{text}<eos>" for text in texts]
    return [model(torch.tensor([tokenizer.encode(text, add_special_tokens=False)])).logits.item() for text in rendered]


def without_padding_token(directory: Path) -> None:
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (file := directory / name).exists():
            settings = json.loads(file.read_text())
            settings.pop("pad_token", None)
            file.write_text(json.dumps(settings))


ARCHITECTURES_READ = ["llama", "qwen2", "qwen3", "mistral", "gemma2", "gemma3_text", "gpt2", "distilbert"]


@pytest.mark.parametrize("architecture", ARCHITECTURES_READ)
def test_every_architecture_is_read_where_transformers_reads_it(tmp_path: Path, architecture: str) -> None:
    directory = make_reward(tmp_path, architecture=architecture)
    without_padding_token(directory)
    assert worker(directory).reward(Head(str(directory)), PROMPT, TEXTS) == pytest.approx(
        read_alone(directory, TEXTS), abs=1e-5
    )


@pytest.mark.parametrize("padding", [0, 1, 40, -1, None], ids=["its own", "eos", "a letter", "none there", "none"])
def test_the_tokenizer_s_padding_has_no_say(tmp_path: Path, padding: int | None) -> None:
    directory = make_reward(tmp_path, pad_token_id=padding)
    without_padding_token(directory)
    assert AutoTokenizer.from_pretrained(directory).pad_token is None
    assert worker(directory).reward(Head(str(directory)), PROMPT, TEXTS) == pytest.approx(
        read_alone(directory, TEXTS), abs=1e-5
    )


def test_rows_together_are_rows_alone_whatever_stands_in_them(tmp_path: Path) -> None:
    classifier = Classifier(str(make_reward(tmp_path, pad_token_id=0)), dtype="float32", device="cpu")
    rows = [[2, 5, 9], [7], [4, 0, 6, 8, 11], [3, 9, 0, 0], [0]]
    together = classifier(rows)
    assert together == pytest.approx([classifier([row])[0] for row in rows], abs=1e-6)
    assert together[3] == pytest.approx(classifier([[3, 9]])[0], abs=1e-6)  # padding at the end is not read
    assert len({round(value, 6) for value in together}) == len(rows)


def test_layers_that_lie_elsewhere_give_the_same(tmp_path: Path) -> None:
    """As where they are spread over GPUs: weights come through hooks, and the head is called by itself."""
    from accelerate import cpu_offload
    from torch import device

    classifier = Classifier(str(make_reward(tmp_path)), dtype="float32", device="cpu")
    rows = [[5, 6, 7], [8, 9]]
    here = classifier(rows)
    cpu_offload(classifier.model, execution_device=device("cpu"))
    assert {parameter.device.type for parameter in classifier.model.parameters()} == {"meta"}
    assert classifier(rows) == here
