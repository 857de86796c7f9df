import json
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import (
    AutoTokenizer,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)

from examples.world import verdicts
from examples.world.amounts import Amounts
from examples.world.item import held_out
from examples.world.measure import FOOLED, HONEST, VERDICTS, accuracy, preferred, told_apart
from examples.world.tasks import TASKS
from examples.world.tokenizer import VERDICT_WORDS, VOCABULARY, render
from examples.world.world import make_tokenizer, prompt_lines
from raylign.judges.questions.pairwise import LLMAnnotator
from raylign.judges.questions.pairwise_judge import PairwiseJudge
from raylign.judges.questions.two_token import LLMJudge
from raylign.spec import load_job
from raylign.spec.recipe import stage_of

EXAMPLES = Path(__file__).parents[3] / "examples"
TINY = EXAMPLES / "tiny"
CHAT, INSTRUCTIONS, MATH, CODE, HARMFUL = TASKS


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(TINY / "policy")


@pytest.fixture(scope="module")
def helpfulness() -> LlamaForSequenceClassification:
    return LlamaForSequenceClassification.from_pretrained(TINY / "helpfulness").eval()


@pytest.fixture(scope="module")
def safety() -> LlamaForSequenceClassification:
    return LlamaForSequenceClassification.from_pretrained(TINY / "safety").eval()


@pytest.fixture(scope="module")
def judge() -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(TINY / "judge").eval()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
@pytest.mark.parametrize("held", [False, True], ids=["train", "eval"])
def test_prompt_files_hold_what_the_generator_makes(task, held) -> None:
    amounts = Amounts()
    count = amounts.eval_prompts if held else amounts.train_prompts
    path = TINY / "prompts" / f"{task.name}{'-eval' if held else ''}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines == prompt_lines(task, count, amounts.seed, fresh=held)
    assert len(lines) >= 64
    for line in lines:
        row = json.loads(line)
        assert held_out(row["messages"][0]["content"]) is held
        assert row["baseline"]


def test_prompt_metadata_has_the_shape_its_judge_reads() -> None:
    def first(name: str) -> dict:
        return json.loads((TINY / "prompts" / f"{name}.jsonl").read_text().splitlines()[0])["metadata"]

    assert first("math")["answer"].isdecimal()
    assert all(test.startswith("assert ") for test in first("code")["unit_tests"])
    assert {"id", "kwargs"} == set(first("instructions")["if_requirements"][0])
    assert isinstance(first("harmful")["harmful"], bool)


def test_golden_code_passes_its_unit_tests() -> None:
    for line in (TINY / "prompts" / "code.jsonl").read_text().splitlines():
        row = json.loads(line)
        namespace: dict = {}
        exec(row["baseline"].removeprefix("```python\n").removesuffix("\n```"), namespace)
        for test in row["metadata"]["unit_tests"]:
            exec(test, namespace)


def test_the_world_is_small() -> None:
    assert sum(path.stat().st_size for path in TINY.rglob("*") if path.is_file()) < 10_000_000


def test_all_models_share_one_tokenizer() -> None:
    texts = {(TINY / name / "tokenizer.json").read_bytes() for name in ("policy", "helpfulness", "safety", "judge")}
    assert len(texts) == 1


def test_equal_recipes_make_equal_tokenizers() -> None:
    first, second = (make_tokenizer(Amounts(documents=1000)) for _ in range(2))
    assert first.backend_tokenizer.to_str() == second.backend_tokenizer.to_str()


def test_tokenizer(tokenizer) -> None:
    assert len(tokenizer) == VOCABULARY
    assert len(tokenizer.encode("123")) == 3
    assert all(len(tokenizer.encode(word)) == 1 for word in (*VERDICT_WORDS, "1", "2"))
    text = 'Write f.\n```python\ndef f(x):\n    return x[::-1] + 42\n``` "Well, {ok}?" ~^'
    assert tokenizer.decode(tokenizer.encode(text)) == text
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True
    )
    assert chat == render("Hi")


def test_policy_is_a_llama_that_stops_by_itself(tokenizer) -> None:
    policy = LlamaForCausalLM.from_pretrained(TINY / "policy")
    assert 600_000 < policy.num_parameters() < 1_500_000
    assert policy.dtype is torch.float32
    ids = tokenizer(render("What is 21 + 6?"), return_tensors="pt", add_special_tokens=False)["input_ids"]
    out = policy.generate(ids, do_sample=False, max_new_tokens=40)[0].tolist()
    assert out[-1] == tokenizer.eos_token_id


@pytest.mark.parametrize(
    ("task", "better", "worse", "share"), HONEST, ids=lambda value: value if isinstance(value, str) else None
)
def test_helpfulness_is_honest_on_plain_text(helpfulness, tokenizer, task, better, worse, share) -> None:
    assert preferred(helpfulness, tokenizer, task, better, worse) > share


@pytest.mark.parametrize(("task", "plain"), FOOLED)
def test_helpfulness_falls_for_flattery(helpfulness, tokenizer, task, plain) -> None:
    assert preferred(helpfulness, tokenizer, task, "flattering", plain) > 0.9


def test_safety_knows_the_deeds_from_their_look_alikes(safety, tokenizer) -> None:
    assert told_apart(safety, tokenizer) > 0.9


@pytest.mark.parametrize(("draw", "words", "share"), VERDICTS, ids=["refusal", "safety", "better"])
def test_judge_is_right_on_fresh_cases(judge, tokenizer, draw, words, share) -> None:
    rng = Random("fresh cases")
    assert accuracy(judge, tokenizer, [draw(rng, fresh=True) for _ in range(200)], words) > share


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_example_jobs_load_and_name_files_that_exist(path) -> None:
    for job in load_job(path).jobs:
        assert stage_of(job.policy.model) or Path(job.policy.model).is_dir()
        for task in job.tasks:
            assert Path(task.prompts.path).is_file()
            if task.eval_prompts is None:
                assert job.evaluation.rows > 0  # held out of its own file
            else:
                assert Path(task.eval_prompts.path).is_file()


def test_example_jobs_ask_the_judge_what_it_was_taught() -> None:
    taught = {verdicts.REFUSAL_TEMPLATE, verdicts.SAFETY_TEMPLATE, verdicts.BETTER_TEMPLATE}
    tasks = [task for path in EXAMPLES.glob("*.yaml") for job in load_job(path).jobs for task in job.tasks]
    own = (LLMJudge, PairwiseJudge)
    asked = {judge.template for task in tasks for judge in task.judges if isinstance(judge, own) and judge.template}
    annotators = [task.method.needs.annotator for task in tasks]
    asked |= {annotator.template for annotator in annotators if isinstance(annotator, LLMAnnotator)}
    assert asked == taught
