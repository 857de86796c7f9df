"""Golden responses end as the policy ends its own, whatever the template: they are in the style of known ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors.text.world import read_world
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.spec import parse_job
from raylign.types import Prompt

TURNS = {
    # im_end ends turns, the tokenizer's own end ends documents
    "chatml": (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
    "llama-3": (
        "<|bos|>{% for m in messages %}<|head|>{{ m.role }}<|/head|>\n\n{{ m.content | trim }}<|eot_id|>{% endfor %}"
        "{% if add_generation_prompt %}<|head|>assistant<|/head|>\n\n{% endif %}"
    ),
    "gemma": (
        "{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
    ),
    # the template ends the turn, and the document after it
    "phi": (
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}"
    ),
    "eos": (
        "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %}"
        " {{ m.content }} {{ eos_token }}{% endif %}{% endfor %}"
    ),
    "nothing": "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}",
    "choice": (
        "{% for m in messages %}{{ m.role }} {{ m.content }}{{ '<|end|>' if short else '<|im_end|>' }}{% endfor %}"
    ),
}
ENDS = {
    "chatml": "<|im_end|>", "llama-3": "<|eot_id|>", "gemma": "<end_of_turn>", "phi": "<|end|>", "eos": " <eos>",
    "nothing": "<eos>", "choice": "<|im_end|>",
}  # fmt: skip
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|bos|>", "<|head|>", "<|/head|>", "<|eot_id|>", "<start_of_turn>",
           "<end_of_turn>", "<|user|>", "<|assistant|>", "<|end|>"]  # fmt: skip


def policy(folder: Path, template: str, *, stops: bool = True, eos: str | None = "<eos>") -> tuple[Path, Any]:
    """A policy that stops at its tokenizer's end and, with ``stops``, at the ends of all templates."""
    from transformers import AutoTokenizer

    directory = make_policy(folder / "policy", vocab_size=120)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIAL})
    tokenizer.chat_template = TURNS[template]
    tokenizer.eos_token = eos
    tokenizer.save_pretrained(directory)
    known = [tokenizer.convert_tokens_to_ids(name) for name in ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>")]
    ends = [1, *known] if stops else eos and 1
    (directory / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    return directory, tokenizer


def golden(folder: Path, model: Path, row: dict[str, Any], **settings: Any) -> tuple[int, ...]:
    """The golden response of a prompts file's only row."""
    prompts = folder / "prompts.jsonl"
    prompts.write_text(json.dumps({**row, "baseline": "yes, 4"}))
    task = {
        "name": "t", "prompts": {"path": str(prompts)}, "prompts_per_step": 1, "samples_per_prompt": 2,
        "baseline": "data", "reward": {"model": "org/reward"}, "method": {"type": "crpg"}, "max_tokens": 8, **settings,
    }  # fmt: skip
    world, encode = read_world(parse_job({"name": "j", "steps": 1, "policy": {"model": str(model)}, "tasks": [task]}))
    prompt: Prompt = world.prompts["t"][0]
    return encode(prompt)


CHAT = {"messages": [{"role": "user", "content": "is 2+2=4?"}]}
PLAIN = {"prompt": "2+2="}


@pytest.mark.parametrize("template", TURNS)
def test_a_turn_ends_as_the_template_ends_it(tmp_path: Path, template: str) -> None:
    model, tokenizer = policy(tmp_path, template)
    expected = tokenizer.encode("yes, 4" + ENDS[template], add_special_tokens=False)
    assert list(golden(tmp_path, model, CHAT)) == expected


def test_a_plain_text_ends_in_the_tokenizers_end_whatever_the_template(tmp_path: Path) -> None:
    model, tokenizer = policy(tmp_path, "gemma")
    assert tokenizer.decode(golden(tmp_path, model, PLAIN)) == "yes, 4<eos>"


def test_an_end_of_turn_at_which_sampling_does_not_stop_is_refused(tmp_path: Path) -> None:
    model, _ = policy(tmp_path, "phi", stops=False)
    with pytest.raises(SpecError, match=r"ends an assistant's turn in '<\|end\|>' \(token \d+\).* stops only at \[1\]"):
        golden(tmp_path, model, CHAT)


def test_a_tokenizer_without_an_end_ends_in_the_generation_configs(tmp_path: Path) -> None:
    model, tokenizer = policy(tmp_path, "gemma", eos=None)
    assert tokenizer.decode(golden(tmp_path, model, CHAT)) == "yes, 4<end_of_turn>"
    assert golden(tmp_path, model, PLAIN)[-1] == 1


def test_a_policy_without_any_end_is_refused(tmp_path: Path) -> None:
    model, _ = policy(tmp_path, "nothing", eos=None, stops=False)
    with pytest.raises(SpecError, match="needs an end token, and the policy .* has none"):
        golden(tmp_path, model, PLAIN)


def test_what_a_task_says_to_the_template_counts_for_its_golden_responses_too(tmp_path: Path) -> None:
    model, tokenizer = policy(tmp_path, "choice")
    told = golden(tmp_path, model, CHAT, chat_template_kwargs={"short": True})
    assert tokenizer.decode(told) == "yes, 4<|end|>"
    assert tokenizer.decode(golden(tmp_path, model, PLAIN, system="be kind")) == "yes, 4<|im_end|>"
