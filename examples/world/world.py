"""Makes the tiny world, stage by stage: tokenizer, policy, judge, reward models, prompts, pairs. All seeded."""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import GenerationConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

from examples.world.item import Item, Task, answer
from examples.world.models import judge_model, policy_model, reward_model
from examples.world.preferences import Comparison, compare, draw_item
from examples.world.tasks import TASKS
from examples.world.tokenizer import END, render, train_tokenizer
from examples.world.training import Lesson, Progress, fit_language_model, fit_reward_model, lesson
from examples.world.verdicts import draw_case


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How much of everything; the defaults are what the repository holds."""

    seed: int = 0
    documents: int = 60_000
    """Chats that the policy learns from."""
    policy_steps: int = 1000
    cases: int = 16_000
    judge_steps: int = 400
    comparisons: int = 10_000
    reward_steps: int = 300
    batch: int = 64
    train_prompts: int = 256
    """Lines of each prompts file."""
    pairs: int = 256
    """Lines of each preference file."""
    eval_prompts: int = 96
    """Lines of each held-out prompts file, where the task has so many questions."""


Document = tuple[str, str]
"""A question and the response to learn."""
Stage = Callable[[str, int], Progress]
"""Opens a progress bar: (title, steps) -> tick."""


def corpus(count: int, seed: int) -> list[Document]:
    """``count`` chats, the tasks taking turns, in the starting policy's imperfect manner. No held-out question."""
    rng = Random(f"corpus {seed}")
    drawn = [(task, draw_item(task, rng)) for _ in range(count // len(TASKS)) for task in TASKS]
    return [(item.question, answer(task, item, rng).text) for task, item in drawn]


def make_tokenizer(recipe: Recipe) -> PreTrainedTokenizerFast:
    """The tokenizer, from the head of the corpus."""
    documents = corpus(min(recipe.documents, 12_000), recipe.seed)
    return train_tokenizer(f"{question}\n{response}" for question, response in documents)


def make_policy(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, stage: Stage) -> LlamaForCausalLM:
    """The starting policy, fine-tuned from scratch on the corpus."""
    torch.manual_seed(recipe.seed)
    model = policy_model()
    rng = Random(f"policy {recipe.seed}")
    documents = corpus(recipe.documents, recipe.seed)
    fit_language_model(
        model,
        _lessons(tokenizer, [(render(question), response + END) for question, response in documents]),
        steps=recipe.policy_steps,
        batch=recipe.batch,
        rate=4e-3,
        rng=rng,
        tick=stage("policy", recipe.policy_steps),
    )
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=1.0, max_new_tokens=40, eos_token_id=1, pad_token_id=0
    )
    return model


def make_judge(
    recipe: Recipe, tokenizer: PreTrainedTokenizerFast, policy: LlamaForCausalLM, stage: Stage
) -> LlamaForCausalLM:
    """The judge: refusals, safety, and which of two responses is better."""
    torch.manual_seed(recipe.seed)
    model = judge_model(policy)
    rng = Random(f"judge {recipe.seed}")
    cases = [draw_case(rng) for _ in range(recipe.cases)]
    fit_language_model(
        model,
        _lessons(tokenizer, [(case.text, case.answer) for case in cases]),
        steps=recipe.judge_steps,
        batch=recipe.batch,
        rate=2e-3,
        rng=rng,
        tick=stage("judge", recipe.judge_steps),
    )
    return model


def _lessons(tokenizer: PreTrainedTokenizerFast, texts: Sequence[Document]) -> list[Lesson]:
    """Pairs of what is read and what is learned, tokenised."""
    read = tokenizer([before for before, _ in texts], add_special_tokens=False)["input_ids"]
    learned = tokenizer([after for _, after in texts], add_special_tokens=False)["input_ids"]
    return [lesson(piece) for piece in zip(read, learned, strict=True)]


def make_reward(
    name: str,
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerFast,
    policy: LlamaForCausalLM,
    stage: Stage,
) -> LlamaForSequenceClassification:
    """``helpfulness`` (all tasks but the last, hackable) or ``safety`` (harmful intent, honest)."""
    torch.manual_seed(recipe.seed)
    model = reward_model(policy)
    rng = Random(f"{name} {recipe.seed}")
    hackable = name == "helpfulness"
    tasks = TASKS[:-1] if hackable else TASKS[-1:]
    fit_reward_model(
        model,
        tokenizer,
        [compare(tasks, rng, hackable=hackable) for _ in range(recipe.comparisons)],
        steps=recipe.reward_steps,
        batch=recipe.batch // 2,
        rate=2e-3,
        rng=rng,
        tick=stage(name, recipe.reward_steps),
    )
    return model


def prompt_lines(task: Task, count: int, seed: int, *, fresh: bool) -> list[str]:
    """Up to ``count`` lines of a prompts file with different questions; ``fresh``: held-out ones."""
    rng = Random(f"prompts {task.name} {fresh} {seed}")
    items: dict[str, Item] = {}
    for _ in range(count * 40):
        item = draw_item(task, rng, fresh=fresh)
        items.setdefault(item.question, item)
        if len(items) == count:
            break
    lines = []
    for item in items.values():
        row: dict[str, object] = {"messages": [{"role": "user", "content": item.question}]}
        if task.golden is not None:
            row["baseline"] = task.modes[task.golden].write(item, rng).text
        lines.append(json.dumps(row | {"metadata": item.metadata}, ensure_ascii=False))
    return lines


def write_prompts(directory: Path, recipe: Recipe) -> None:
    """``<task>.jsonl`` and ``<task>-eval.jsonl`` of every task."""
    directory.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        for name, count, fresh in (
            (task.name, recipe.train_prompts, False),
            (f"{task.name}-eval", recipe.eval_prompts, True),
        ):
            lines = prompt_lines(task, count, recipe.seed, fresh=fresh)
            (directory / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def pair_lines(task: Task, count: int, seed: int) -> list[str]:
    """``count`` lines of a preference file: what an honest reader thinks better, and worse, of two responses that
    differ in that."""
    rng = Random(f"pairs {task.name} {seed}")
    drawn = (compare((task,), rng, hackable=False) for _ in itertools.count())
    differing = (pair for pair in drawn if pair.margin != 0)
    return [json.dumps(_pair(pair), ensure_ascii=False) for pair in itertools.islice(differing, count)]


def _pair(pair: Comparison) -> dict[str, Any]:
    """As TRL has conversational preferences."""
    better, worse = (pair.first, pair.second) if pair.margin > 0 else (pair.second, pair.first)
    said = {"prompt": ("user", pair.question), "chosen": ("assistant", better), "rejected": ("assistant", worse)}
    return {column: [{"role": role, "content": text}] for column, (role, text) in said.items()}


def write_pairs(directory: Path, recipe: Recipe) -> None:
    """``<task>.jsonl`` of every task."""
    directory.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        lines = pair_lines(task, recipe.pairs, recipe.seed)
        (directory / f"{task.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def save(
    model: LlamaForCausalLM | LlamaForSequenceClassification, tokenizer: PreTrainedTokenizerFast, directory: Path
) -> None:
    """An ordinary Hugging Face directory: safetensors, config, tokenizer."""
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def build(directory: Path, recipe: Recipe, stage: Stage) -> None:
    """The whole tiny world, into ``directory``."""
    write_prompts(directory / "prompts", recipe)
    write_pairs(directory / "pairs", recipe)
    tokenizer = make_tokenizer(recipe)
    policy = make_policy(recipe, tokenizer, stage)
    save(policy, tokenizer, directory / "policy")
    for name in ("helpfulness", "safety"):
        save(make_reward(name, recipe, tokenizer, policy, stage), tokenizer, directory / name)
    save(make_judge(recipe, tokenizer, policy, stage), tokenizer, directory / "judge")
