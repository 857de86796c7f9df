"""Job documents: right ones load, wrong ones are refused in words that name the key, the value and the remedy."""

import json
import re

import pytest
import yaml

from raylign.errors import SpecError
from raylign.spec import Job, hints, load_job, parse_job


def document(**settings):
    return {
        "name": "tiny",
        "steps": 3,
        "policy": {"model": "org/policy"},
        "tasks": [
            {
                "name": "math",
                "prompts": {"path": "math.jsonl"},
                "reward": {"model": "org/rm"},
                "judges": [{"type": "math"}],
                "method": {"type": "crpg", "kl_max": 5.0},
            }
        ],
        **settings,
    }


def task(**settings):
    return document(tasks=[{**document()["tasks"][0], **settings}])


def test_the_design_s_document_loads():
    job = parse_job(document())
    assert job.tasks[0].method.kl_max == 5.0
    assert job.tasks[0].baseline_source == "reference"
    assert job.rollout.max_staleness == 0


def nested(depth):
    lists = []
    for _ in range(depth):
        lists = [lists]
    return lists


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (document(stepz=3), "unknown key 'stepz'; did you mean 'steps'?"),
        (document(trainer={"rank": 2}), "unknown key 'trainer.rank'; did you mean 'ranks'?"),
        (task(prompts={"pth": "x"}), "unknown key 'tasks[0].prompts.pth'; did you mean 'path'?"),
        (task(judges=[{"type": "mth"}]), "'tasks[0].judges[0]' has unknown type 'mth'; did you mean 'math'?"),
        (task(judges=[{"type": "code", "timeout": 1}]), "unknown key 'tasks[0].judges[0].timeout'; did you mean"),
        (task(judges=[{"type": "regex", "pattern": "("}]), "pattern '(' is not a regular expression"),
        (task(judges=[{"type": "length", "minimum": 5, "maximum": 2}]), "maximum 2 is below minimum 5"),
        (task(judges=[{"type": "math"}, {"type": "math"}]), "two judges are called 'math'"),
        (task(method={"type": "crpg", "beta": 1}), "unknown key 'tasks[0].method.beta'"),
        (task(method={"kl_max": 1}), "'tasks[0].method' needs a `type`"),
        (task(method={"type": "crpg", "kl_max": 0}), "'tasks[0].method.kl_max' is 0: input should be greater than 0"),
        (task(reward=None), "method 'crpg' ranks responses by reward"),
        (task(method={"type": "codpo"}, per="token"), "method 'codpo' has a loss of pairs"),
        (task(method={"type": "codpo"}, samples_per_prompt=1), "method 'codpo' compares a prompt's responses"),
        (
            task(method={"type": "oaif", "annotator": {"type": "reward"}}, samples_per_prompt=4),
            "method 'oaif' compares two responses: samples_per_prompt is 4",
        ),
        (
            task(method={"type": "oaif", "annotator": {"type": "reward"}}, samples_per_prompt=2, reward=None),
            "an annotator of type 'reward' needs",
        ),
        (document(steps=0), "'steps' is 0"),
        (document(tasks=[]), "'tasks' is []"),
        (document(tasks=document()["tasks"] * 2), "two tasks are called 'math'"),
        (task(name="Math Task"), "'tasks[0].name' is 'Math Task'"),
        (document(rollout={"temperature": 0}), "'rollout.temperature' is 0"),
        (document(trainer={"learning_rate": float("nan")}), "'trainer.learning_rate' is nan"),
        (document(name="../escape"), "'name' is '../escape'"),
        ([1, 2], "a job is a mapping of settings, this is list"),
        (task(judges=[{"type": "regex", "pattern": "(" * 900}]), "is not a regular expression: maximum recursion"),
        (task(judges=[{"type": "regex", "pattern": "a{99999999999999999999}"}]), "the repetition number is too large"),
        (task(judges=[{"type": "math", "format": "["}]), "pattern '[' is not a regular expression"),
        (task(judges=[{"type": "math", "format": "answer"}]), "pattern 'answer' has no group"),
        (task(judges=[{"type": "math", "name": "a\nb"}]), "'tasks[0].judges[0].name' is 'a\\nb'"),
        (task(judges=[{"type": "math", "when": {"a": {"b": 1}}}]), "compare with a text, a number"),
        (document(steps=10**400), "'steps' is a whole number of 1329 bits"),
        (document(steps=10**18), "'steps' is 1000000000000000000: input should be less than or equal to 10000000"),
        (document(trainer={"ranks": 10**9}), "'trainer.ranks' is 1000000000"),
        (document(trainer={"weight_decay": 1e308}), "'trainer.weight_decay' is 1e+308"),
        (task(prompts_per_step=10**6, samples_per_prompt=4000), "a step would sample 4000000000 responses"),
        (document(policy={"model": "a\0b"}), "'policy.model' is a text with the character U+0000 at position 1"),
        (document(policy={"model": "a\ud800"}), "'policy.model' is a text with the character U+D800 at position 1"),
        (document(**{"\x1b[2J": 1}), "the job has a key with the character U+001B at position 0"),
        (document(**{"x" * 10_000: 1}), "unknown key '" + "x" * 60 + "'; known keys"),
        (document(name="x" * 10_000), "'name' is 'xxxxx"),
        ({**document(), 1: 2}, "the job has the key 1, which YAML takes for no text: put it in quotes"),
        (document(tasks=[{}] * 30_000), "it holds more than 20000 values"),
        (document(tasks=[{}] * 60), "and 161 problems more"),
        (document(when=nested(5000)), "'when[0][0][0]' is nested 16 deep"),
    ],
)
def test_wrong_documents_are_explained(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (document(lr=1e-5), "unknown key 'lr'; here that is `trainer.learning_rate`"),
        (document(trainer={"lr": 1e-5}), "unknown key 'trainer.lr'; here that is `trainer.learning_rate`"),
        (document(**{"max-new-tokens": 8}), "unknown key 'max-new-tokens'; here that is `rollout.max_tokens`"),
        (document(wandb={"project": "x"}), "unknown key 'wandb'; not in the job: every run writes TensorBoard files"),
        (document(kl_max=3), "unknown key 'kl_max'; it stands under `tasks[].method`"),
        (document(rollout={"steps": 3}), "unknown key 'rollout.steps'; it stands at the top"),
        (document(max_tokens=3), "unknown key 'max_tokens'; it stands under `rollout` or under `tasks[]`"),
        (task(judges=[{"type": "poem"}]), "unknown type 'poem'; Types: math, instructions, code, length, regex, llm"),
        (task(method={"type": "crgp"}), "unknown type 'crgp'; did you mean 'crpg'? Types: crpg, codpo, crraft, oaif,"),
        (task(method={"type": "dpo"}), "unknown type 'dpo'; online DPO is `{type: oaif, loss: dpo}`"),
    ],
)
def test_words_of_other_trainers_and_places_get_ours(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)


def test_every_hint_names_settings_that_exist():
    known = {f"{place}.{name}".removeprefix(".") for place, name in hints.fields(Job)}
    named = re.findall(r"`([a-z_.\[\]]+)`", " ".join(hints.FOREIGN.values()))
    assert len(named) > 50
    assert {name for name in named if name.replace("[]", "") not in {key.replace("[]", "") for key in known}} == set()
    # `model` is a key of many places; at a wrong one the policy's is meant.
    assert set(hints.FOREIGN) & {name for _, name in hints.fields(Job)} == {"model"}


def test_every_value_in_the_schema_is_bounded():
    """Planning is done by a service for whoever sends a job: nothing in one may be without end."""
    schema = Job.model_json_schema()
    assert list(unbounded(schema)) == []
    assert list(unbounded({"x": {"type": "array", "items": {"type": "string"}}})) == ["/x", "/x/items"]


def unbounded(node, place=""):
    limits = {
        "integer": {"maximum", "exclusiveMaximum"},
        "number": {"maximum", "exclusiveMaximum"},
        "string": {"maxLength"},
        "array": {"maxItems"},
    }
    if isinstance(node, list):
        for index, inner in enumerate(node):
            yield from unbounded(inner, f"{place}/{index}")
    if not isinstance(node, dict):
        return
    needed = limits.get(node.get("type"), set()) if isinstance(node.get("type"), str) else set()
    if isinstance(node.get("additionalProperties"), dict):
        needed = {"maxProperties"}
    if needed and not needed & set(node) and not {"enum", "const"} & set(node):
        yield place
    for key, inner in node.items():
        if key not in ("default", "enum"):
            yield from unbounded(inner, f"{place}/{key}")


def test_every_problem_is_told_at_once_and_only_once():
    with pytest.raises(SpecError) as refused:
        parse_job(task(prompts={"pth": "x", "path": "p"}, method={"type": "crpg", "kl": 1}))
    message = str(refused.value)
    assert "pth" in message
    assert "tasks[0].method.kl" in message
    assert "at least 1 item" not in message


@pytest.mark.parametrize("dump", [yaml.safe_dump, json.dumps])
def test_files_load_and_paths_are_taken_from_their_folder(tmp_path, dump):
    (tmp_path / "models" / "policy").mkdir(parents=True)
    file = tmp_path / "job.yaml"
    file.write_text(dump(document(policy={"model": "models/policy"})))
    job = load_job(file)
    assert job.policy.model == str(tmp_path / "models" / "policy")
    assert job.tasks[0].prompts.path == str(tmp_path / "math.jsonl")
    assert job.tasks[0].reward.model == "org/rm"  # not a folder here: a hub id


def test_a_tilde_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(task(prompts={"path": "~/p.jsonl"}, reward={"model": "~/rm"})))
    (loaded,) = load_job(file).tasks
    assert (loaded.prompts.path, loaded.reward.model) == (f"{tmp_path}/home/p.jsonl", f"{tmp_path}/home/rm")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"a: [", "is not YAML"), (b"\xff\xfe\x00", "is not UTF-8 text"), (None, "cannot read the job file")],
)
def test_unreadable_files_are_explained(tmp_path, content, says):
    file = tmp_path / "job.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SpecError, match=says):
        load_job(file)


def test_every_field_is_described_in_the_schema():
    schema = Job.model_json_schema()
    bare = [
        f"{name}.{field}"
        for name, model in {"Job": schema, **schema["$defs"]}.items()
        for field, entry in model["properties"].items()
        if field != "type" and not (entry.get("description"))
    ]
    assert bare == []


def test_a_job_survives_json():
    job = parse_job(document())
    assert parse_job(json.loads(job.model_dump_json())) == job


def test_defaults_are_pinned():
    """A default is a promise: change one only with the run that vetted the new value."""
    task = {**document()["tasks"][0], "samples_per_prompt": 2}
    methods = [{"type": name} for name in ("crpg", "codpo", "crraft", "grpo")]
    methods.append({"type": "oaif", "annotator": {"type": "reward"}})
    job = parse_job(document(tasks=[{**task, "name": method["type"], "method": method} for method in methods]))
    assert [task.method.model_dump() for task in job.tasks] == [
        {"type": "crpg", "kl_max": 10.0, "calibrate": True},
        {"type": "codpo", "beta": 0.1, "likelihood_weight": 0.1},
        {"type": "crraft", "kl_max": 10.0},
        {"type": "grpo", "clip": 0.2, "beta": 0.04, "judge_bonus": 0.0},
        {"type": "oaif", "loss": "dpo", "beta": 0.1, "annotator": {"type": "reward"}},
    ]
    assert job.trainer.model_dump() == {
        "ranks": 1,
        "zero_stage": None,
        "learning_rate": 1e-6,
        "schedule": {"type": "constant", "warmup_steps": 0, "final": 0.0},
        "weight_decay": 0.0,
        "betas": (0.9, 0.95),
        "max_grad_norm": 1.0,
        "tokens_per_microbatch": 8192,
        "gradient_checkpointing": False,
        "task_norms_every": 10,
        "max_correction": 2.0,
    }
    trainers = [{}, {"ranks": 2}, {"zero_stage": 3}, {"ranks": 2, "zero_stage": 0}]
    assert [parse_job(document(trainer=trainer)).trainer.sharding for trainer in trainers] == [0, 1, 3, 0]
