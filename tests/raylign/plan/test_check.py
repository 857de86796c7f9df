"""What a job file alone gives away: judges without their data, models of the wrong kind, templates, contexts."""

import json
import os
import struct
from pathlib import Path

import pytest

from raylign.errors import SpecError
from raylign.plan.check import check_job
from raylign.plan.glance import glance
from raylign.spec import load_job, parse_job

ANSWERED = {"prompt": "What is 2 + 2?", "metadata": {"answer": "4"}}
ASKED = {"prompt": "Hello"}
JUDGE = {"type": "llm", "model": "org/judge", "template": "{{ response }}", "positive": "a", "negative": "b"}


@pytest.fixture
def job(tmp_path):
    def build(*rows, evaluated=(), task=None, **settings):
        document = {
            "name": "math", "prompts": {"path": _write(tmp_path / "prompts.jsonl", rows or (ANSWERED,))},
            "prompts_per_step": 1, "reward": {"model": "org/rm"}, "judges": [{"type": "math"}],
            "method": {"type": "crpg"}, **(task or {}),
        }  # fmt: skip
        if evaluated:
            document["eval_prompts"] = {"path": _write(tmp_path / "eval.jsonl", evaluated)}
        given = {"name": "tiny", "steps": 5, "policy": {"model": "org/policy"}, "tasks": [document], **settings}
        return parse_job(given)

    return build


def _write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def model(tmp_path):
    """A model directory with one tensor."""

    def build(architecture, **config):
        path = tmp_path / architecture
        path.mkdir()
        config = {"architectures": [architecture], "vocab_size": 8, "max_position_embeddings": 64, **config}
        (path / "config.json").write_text(json.dumps(config))
        header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        (path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
        return str(path)

    return build


def test_prompts_are_counted(job):
    checked = check_job(job(ANSWERED, ANSWERED))
    assert checked.prompts == {"math": 2}
    assert checked.warnings == ()


@pytest.mark.parametrize(
    ("judge", "key"), [("math", "answer"), ("code", "unit_tests"), ("instructions", "if_requirements")]
)
def test_a_judge_whose_data_no_prompt_has_is_refused(job, judge, key):
    with pytest.raises(SpecError, match=rf"judge '{judge}' of task 'math' reads `metadata.{key}`, which none of the 2"):
        check_job(job(ASKED, ASKED, task={"judges": [{"type": judge}]}))


def test_data_that_is_null_is_not_there(job):
    with pytest.raises(SpecError, match=r"none of the 1 prompts"):
        check_job(job({"prompt": "x", "metadata": {"answer": None}}))


def test_a_judge_whose_data_no_evaluation_prompt_has_is_refused(job):
    with pytest.raises(SpecError, match=r"none of the 1 prompts .*eval.jsonl'"):
        check_job(job(ANSWERED, evaluated=[ASKED]))


def test_prompts_that_lack_a_judges_data_are_counted(job):
    (warning,) = check_job(job(ANSWERED, ASKED, ASKED)).warnings
    assert "judge 'math' of task 'math'" in warning
    assert "2 of the 3 prompts" in warning
    assert "`metadata.answer`" in warning


def test_only_prompts_that_a_judge_is_asked_about_need_its_data(job):
    hard = {"prompt": "x", "metadata": {"hard": True, "answer": "4"}}
    judges = [{"type": "math", "when": {"hard": True}}]
    assert check_job(job(hard, ASKED, task={"judges": judges})).warnings == ()


def test_a_condition_that_no_prompt_meets_is_refused(job):
    judges = [{"type": "length", "maximum": 9, "when": {"harmfull": True}}]
    with pytest.raises(SpecError, match=r"judge 'length' of task 'math' is asked about no prompt: .*harmfull"):
        check_job(job(task={"judges": judges}))


def test_canaries_are_rows_with_known_verdicts(job, tmp_path):
    path = _write(tmp_path / "canaries.jsonl", [{**ANSWERED, "response": "The answer is 4."}])
    watched = job(task={"judges": [{"type": "math", "canaries": {"path": path}}]})
    with pytest.raises(SpecError, match=r"canaries\.jsonl, line 1: a canary of judge 'math' .* needs `gold`") as error:
        check_job(watched)
    with pytest.raises(SpecError) as seen:
        glance(watched)
    assert str(seen.value) == str(error.value)
    _write(tmp_path / "canaries.jsonl", [{**ANSWERED, "response": "The answer is 4.", "gold": True}])
    check_job(watched)
    glance(watched)


def test_rows_beyond_the_limit_do_not_count(job, tmp_path):
    made = job(ASKED, ANSWERED, task={"prompts": {"path": str(tmp_path / "prompts.jsonl"), "limit": 1}})
    with pytest.raises(SpecError, match="none of the 1 prompts"):
        check_job(made)


def test_a_causal_model_gives_no_reward(job, model):
    causal = model("LlamaForCausalLM")
    with pytest.raises(SpecError, match=r"the reward model of task 'math', .*, is a LlamaForCausalLM"):
        check_job(job(task={"reward": {"model": causal}}))


@pytest.mark.parametrize("whose", ["the policy", "the reference", "judge 'llm' of task 'math'", "the annotator"])
def test_a_classifier_writes_nothing(job, model, whose):
    classifier = model("LlamaForSequenceClassification")
    oaif = {"type": "oaif", "annotator": {"type": "llm", "model": classifier, "template": "{{ first }}"}}
    changes = {
        "the policy": {"policy": {"model": classifier}},
        "the reference": {"reference": {"model": classifier}},
        "judge 'llm' of task 'math'": {"task": {"judges": [{**JUDGE, "model": classifier}]}},
        "the annotator": {"task": {"method": oaif, "samples_per_prompt": 2}},
    }
    with pytest.raises(SpecError, match=rf"{whose}.* is a LlamaForSequenceClassification"):
        check_job(job(**changes[whose]))


def test_a_judges_template_knows_what_it_is_given(job):
    template = "{% for item in range(2) %}{{ prompt }}{{ item }}{% endfor %}{{ metadata.x }}{{ response }}"
    assert check_job(job(task={"judges": [{**JUDGE, "template": template}]})).warnings == ()
    with pytest.raises(
        SpecError, match=r"judge 'llm' of task 'math' uses `answer`.*`messages`, `metadata`, `prompt`, `response`"
    ):
        check_job(job(task={"judges": [{**JUDGE, "template": "{{ answer }}"}]}))


def test_an_annotators_template_knows_what_it_is_given(job):
    annotator = {"type": "llm", "model": "org/judge", "template": "{{ first }}{{ response }}"}
    task = {"method": {"type": "oaif", "annotator": annotator}, "samples_per_prompt": 2}
    with pytest.raises(SpecError, match=r"the annotator of task 'math' uses `response`.*`first`"):
        check_job(job(task=task))


@pytest.mark.parametrize(
    ("settings", "said"),
    [({}, "set `chat: true`"), ({"chat": True}, ""), ({"chat": False}, "")],
)
def test_plain_text_for_a_model_with_a_chat_template_is_told(job, model, settings, said):
    chatting = model("LlamaForCausalLM")
    (Path(chatting) / "chat_template.jinja").write_text("{{ messages }}")
    warnings = check_job(job(task={"judges": [{**JUDGE, "model": chatting, **settings}]})).warnings
    assert [said in warning and "judge 'llm' of task 'math'" in warning for warning in warnings] == [True] * bool(said)


def test_a_question_of_the_library_is_asked_where_its_truth_is_known(job):
    judges = [{"type": "llm", "model": "org/judge", "question": "factuality"}]
    assert check_job(job(ANSWERED, ASKED, task={"judges": judges})).warnings == ()
    with pytest.raises(SpecError, match=r"is asked about no prompt: none in .* has `metadata.answer`, and"):
        check_job(job(ASKED, task={"judges": judges}))


def test_a_pairwise_judge_needs_baselines(job):
    judges = [{"type": "pairwise", "model": "org/judge"}]
    golden = {**ASKED, "baseline": "gold"}
    assert check_job(job(golden, task={"judges": judges})).warnings == ()
    (warning,) = check_job(job(golden, ASKED, task={"judges": judges})).warnings
    assert "judge 'pairwise' of task 'math' will abstain on 1 of the 2 prompts" in warning
    assert "they have no `baseline`" in warning
    with pytest.raises(SpecError, match="reads `baseline`, which none of the 1 prompts"):
        check_job(job(ASKED, task={"judges": judges}))


def test_a_response_needs_room_in_the_context(job, model):
    policy = {"model": model("LlamaForCausalLM")}
    with pytest.raises(SpecError, match=r"task 'math' may answer with 64 tokens.*has 64.*no room for a prompt"):
        check_job(job(policy=policy, task={"max_tokens": 64}))
    with pytest.raises(SpecError, match=r"32 tokens.*`rollout.context_tokens`.* has 16"):
        check_job(job(policy=policy, rollout={"context_tokens": 16, "max_tokens": 32}))
    assert check_job(job(policy=policy, task={"max_tokens": 63})).warnings == ()


def test_a_context_beyond_the_models_is_told(job, model):
    policy = {"model": model("LlamaForCausalLM")}
    (warning,) = check_job(job(policy=policy, rollout={"context_tokens": 128, "max_tokens": 32})).warnings
    assert "`rollout.context_tokens` is 128" in warning
    assert "64 positions" in warning


def test_a_reward_model_that_may_be_answered_beyond_its_context_is_told(job, model):
    reward = {"model": model("LlamaForSequenceClassification")}
    long = {**ANSWERED, "prompt": "word " * 40}
    assert check_job(job(ANSWERED, task={"reward": reward, "max_tokens": 60})).warnings == ()
    (warning,) = check_job(job(ANSWERED, long, task={"reward": reward, "max_tokens": 15})).warnings
    assert "the reward model of task 'math' reads 64 tokens, and a prompt of about 50" in warning
    assert "of up to 15" in warning


@pytest.mark.skipif(os.path.exists("/dev/nvidia0"), reason="this machine has a GPU")
def test_a_gpu_that_is_not_here_is_told(job):
    (warning,) = check_job(job(resources={"device": "cuda"})).warnings
    assert "`resources.device` is 'cuda'" in warning


def test_hub_ids_are_noted_as_not_checked(job):
    assert check_job(job()).notes == ("not checked: hub id 'org/policy'", "not checked: hub id 'org/rm'")


def test_a_job_file_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path):
    pipe = tmp_path / "job.yaml"
    os.mkfifo(pipe)
    with pytest.raises(SpecError, match="it is a device, a pipe or a socket"):
        load_job(pipe)


def test_what_a_file_was_taken_for_is_said(job):
    checked = check_job(job({"question": "What is 2 + 2?", "answer": "2 + 2 = 4\n#### 4", "level": 1}))
    said, held = checked.understood
    assert said.startswith("prompts of task 'math': read as GSM8K: `question` is the prompt")
    assert said.endswith("; metadata from the columns 'level'")
    assert held == "task 'math' is measured on 10% of its prompts, which are held out of training"
    assert checked.to_dict()["understood"] == [said, held]
    assert check_job(job(ANSWERED, evaluated=[ANSWERED])).understood == ()
