"""Makes the tiny world: tokenizer, prompts, pairs; and by jobs of raylign's own, all models. All seeded."""

import itertools
import json
import math
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from transformers import PreTrainedTokenizerFast

import raylign
from examples.world.amounts import Amounts
from examples.world.item import Item, Task, answer
from examples.world.jobs import MODELS, recipe
from examples.world.models import untaught_model
from examples.world.preferences import Comparison, compare, draw_item, varied
from examples.world.tasks import TASKS
from examples.world.tokenizer import train_tokenizer
from examples.world.verdicts import draw_case

MATH = TASKS[2]
Document = tuple[str, str]
"""A question and the response to learn."""


def corpus(count: int, seed: int) -> list[Document]:
    """``count`` chats, the tasks taking turns, in the starting policy's imperfect manner. No held-out question."""
    rng = Random(f"corpus {seed}")
    drawn = [(task, draw_item(task, rng)) for _ in range(count // len(TASKS)) for task in TASKS]
    return [(item.question, answer(task, item, rng).text) for task, item in drawn]


def make_tokenizer(amounts: Amounts) -> PreTrainedTokenizerFast:
    """The tokenizer, from the head of the corpus."""
    documents = corpus(min(amounts.documents, 12_000), amounts.seed)
    return train_tokenizer(f"{question}\n{response}" for question, response in documents)


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


def write_prompts(directory: Path, amounts: Amounts) -> None:
    """``<task>.jsonl`` and ``<task>-eval.jsonl`` of every task."""
    directory.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        for name, count, fresh in (
            (task.name, amounts.train_prompts, False),
            (f"{task.name}-eval", amounts.eval_prompts, True),
        ):
            lines = prompt_lines(task, count, amounts.seed, fresh=fresh)
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


def write_pairs(directory: Path, amounts: Amounts) -> None:
    """``<task>.jsonl`` of every task."""
    directory.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        lines = pair_lines(task, amounts.pairs, amounts.seed)
        (directory / f"{task.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def rated_lines(task: Task, count: int, seed: int) -> list[str]:
    """``count`` lines of a file of rated responses: four to each question, and what an honest reader thinks of each."""
    rng = Random(f"rated {task.name} {seed}")
    lines = []
    for _ in range(count):
        item = draw_item(task, rng)
        said = [varied(task, item, rng) for _ in range(4)]
        row = {
            "messages": [{"role": "user", "content": item.question}],
            "responses": [one.text for one in said],
            "rewards": [one.quality for one in said],
        }
        lines.append(json.dumps(row, ensure_ascii=False))
    return lines


def write_rated(directory: Path, amounts: Amounts) -> None:
    """``<task>.jsonl`` of the one task whose answers are short."""
    directory.mkdir(parents=True, exist_ok=True)
    lines = rated_lines(MATH, amounts.rated, amounts.seed)
    (directory / f"{MATH.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def labelled_lines(task: Task, count: int, seed: int) -> list[str]:
    """``count`` lines of a file of single responses, and whether an honest reader finds each good, as TRL has them."""
    rng = Random(f"labelled {task.name} {seed}")
    lines = []
    for _ in range(count):
        item = draw_item(task, rng)
        said = varied(task, item, rng)
        turns = {"prompt": ("user", item.question), "completion": ("assistant", said.text)}
        row = {column: [{"role": role, "content": text}] for column, (role, text) in turns.items()}
        lines.append(json.dumps({**row, "label": said.quality > 0}, ensure_ascii=False))
    return lines


def write_labelled(directory: Path, amounts: Amounts) -> None:
    """``<task>.jsonl`` of the one task whose answers are short."""
    directory.mkdir(parents=True, exist_ok=True)
    lines = labelled_lines(MATH, amounts.labelled, amounts.seed)
    (directory / f"{MATH.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def lesson_lines(name: str, amounts: Amounts) -> Iterable[dict[str, Any]]:
    """What a model learns from, row by row: chats, questions with a word as the answer, or comparisons."""
    rng = Random(f"{name} {amounts.seed}")
    match name:
        case "policy":
            for question, response in corpus(amounts.documents, amounts.seed):
                yield {"messages": [{"role": "user", "content": question}], "baseline": response}
        case "judge":
            cases = (draw_case(rng) for _ in range(amounts.cases))
            yield from ({"prompt": case.text, "completion": case.answer} for case in cases)
        case _:
            hackable = name == "helpfulness"
            tasks = TASKS[:-1] if hackable else TASKS[-1:]
            drawn = (compare(tasks, rng, hackable=hackable) for _ in range(amounts.comparisons))
            yield from (_judged(pair, rng) for pair in drawn)


def _judged(pair: Comparison, rng: Random) -> dict[str, Any]:
    """Which of the two wins is drawn, by the reader's own probability."""
    wins = rng.random() < 1 / (1 + math.exp(-pair.margin))
    return _pair(replace(pair, margin=1.0 if wins else -1.0))


def write_lessons(directory: Path, amounts: Amounts) -> None:
    """``<model>.jsonl`` of every model."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        with (directory / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in lesson_lines(name, amounts))


def build(directory: Path, work: Path, amounts: Amounts) -> None:
    """The whole tiny world, into ``directory``. ``work``: where the run is written; one that is there goes on.

    Raises `raylign.errors.RunError` where the run ends otherwise than with its last stage.
    """
    write_prompts(directory / "prompts", amounts)
    write_pairs(directory / "pairs", amounts)
    write_rated(directory / "rated", amounts)
    write_labelled(directory / "labelled", amounts)
    if not (work / "run").exists():
        write_lessons(work / "lessons", amounts)
        untaught_model(amounts.seed).save_pretrained(work / "untaught")
        make_tokenizer(amounts).save_pretrained(work / "untaught")
        run = raylign.run(raylign.load(recipe(work, amounts)), work / "run")
    else:
        run = raylign.resume(work / "run")
    for name, stage in run.stages().items():
        shutil.copytree(stage.model, directory / name, dirs_exist_ok=True)
