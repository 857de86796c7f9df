"""The command line as a user meets it."""

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO

import pytest
from jobs import EXAMPLES, small_job

from raylign.cli.app import main
from raylign.errors import SpecError
from raylign.judges.agreement import judge_file
from raylign.judges.rules.math import MathJudge
from raylign.spec import load_job


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command leaves a user with."""

    returncode: int
    stdout: str
    stderr: str


def raylign(*arguments) -> Done:
    """The command in this process, which has imported what it needs."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        patch.setattr(sys, "argv", ["raylign", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    return Done(returncode=ended.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def started(*arguments) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own: `raylign run` becomes another program."""
    command = [sys.executable, "-m", "raylign.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_process_says_what_the_command_says():
    done = started("check", EXAMPLES / "crpg.yaml")
    said = raylign("check", EXAMPLES / "crpg.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (said.returncode, said.stdout, said.stderr)


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_every_example_passes_check(example):
    done = raylign("check", EXAMPLES / example)
    assert done.returncode == 0, done.stderr
    assert "is fine" in done.stdout


def test_check_speaks_json():
    found = json.loads(raylign("check", EXAMPLES / "crpg.yaml", "--json").stdout)
    assert found["ok"] is True
    assert found["prompts"]["math"] == 256


def test_warnings_are_printed_by_check_and_go_beside_the_output_of_plan(tmp_path):
    file = small_job(tmp_path, "reward-only", rollout={"max_tokens": 32, "context_tokens": 512})
    told = "warning: `rollout.context_tokens` is 512"
    assert told in raylign("check", file).stdout
    (warning,) = json.loads(raylign("check", file, "--json").stdout)["warnings"]
    assert told == f"warning: {warning}"[: len(told)]
    done = raylign("plan", file, "--cpus", "8", "--json")
    assert told in done.stderr
    assert json.loads(done.stdout)["job"]


def test_a_wrong_job_is_one_sentence_and_exit_status_2(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text((EXAMPLES / "crpg.yaml").read_text().replace("steps:", "stepz:"))
    for command in ("check", "plan", "run"):
        done = raylign(command, file)
        assert done.returncode == 2
        assert "unknown key 'stepz'; did you mean 'steps'?" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_plan_for_more_nodes_than_anybody_has_is_refused_and_not_made():
    done = raylign("plan", EXAMPLES / "demo.yaml", "--nodes", "1000000000")
    assert done.returncode == 2
    assert "--nodes" in done.stderr


def test_plan_prints_actors_and_arithmetic():
    done = raylign("plan", EXAMPLES / "demo.yaml", "--cpus", "8")
    assert done.returncode == 0, done.stderr
    assert "rollout/0" in done.stdout
    assert "160 samples" in done.stdout
    found = json.loads(raylign("plan", EXAMPLES / "demo.yaml", "--cpus", "8", "--json").stdout)
    assert found["samples_per_step"] == 160
    assert {actor["role"] for actor in found["actors"]} == {
        "policy", "reference", "rollout", "reward", "judge", "llm-judge"
    }  # fmt: skip


def test_a_plan_that_does_not_fit_says_what_is_missing():
    done = raylign("plan", EXAMPLES / "demo.yaml", "--cpus", "1")
    assert done.returncode == 1
    assert "does not fit the cluster. It needs 1.5 CPUs" in done.stderr
    assert "the cluster has 1." in done.stderr


def test_run_needs_a_file_or_a_directory(tmp_path):
    assert "give either a job FILE, or --resume RUN_DIR" in raylign("run").stderr
    done = started("run", "--resume", tmp_path)
    assert done.returncode == 2
    assert "holds no run" in done.stderr


def test_run_refuses_a_directory_that_holds_a_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "job.json").write_text("{}")
    done = started("run", small_job(tmp_path, "crpg"), "--run-dir", tmp_path / "run")
    assert done.returncode == 1
    assert "already holds a run: continue it with `raylign run --resume" in done.stderr


def test_submit_without_a_gateway_says_how_to_start_one(tmp_path):
    done = raylign("submit", EXAMPLES / "crpg.yaml", "--home", tmp_path)
    assert done.returncode == 1
    assert "start one with `raylign serve" in done.stderr


def test_a_port_that_is_none_is_refused_in_words(tmp_path):
    done = raylign("serve", "--home", tmp_path, "--port", "99999")
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "65535" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_of_a_job_that_check_refuses_starts_nothing(tmp_path):
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "a"}\n' * 3)
    job = load_job(EXAMPLES / "crpg.yaml").model_dump(mode="json")
    math = next(task for task in job["tasks"] if task["name"] == "math")
    math |= {"prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 3}
    file = tmp_path / "job.json"
    file.write_text(json.dumps(job))
    done = raylign("demo", file, "--home", tmp_path / "home")
    assert done.returncode == 2, done.stderr
    assert "line 1 has no `baseline`" in done.stderr
    assert not (tmp_path / "home").exists()


def test_demo_away_from_its_models_says_where_they_are(tmp_path, monkeypatch):
    from raylign.cli import demo

    assert demo.find_example() == EXAMPLES / "demo.yaml"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "site-packages" / "raylign" / "cli" / "demo.py"))
    with pytest.raises(SpecError, match="raylign demo FILE"):
        demo.find_example()


def test_schema_is_a_json_schema():
    assert json.loads(raylign("schema").stdout)["properties"]["tasks"]["description"]


def test_judge_counts_verdicts_and_agreement(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "\n".join(
            json.dumps({"prompt": "1+1?", "response": f"The answer is {answer}.", "metadata": metadata, "gold": gold})
            for answer, metadata, gold in [(2, {"answer": "2"}, True), (3, {"answer": "2"}, True), (2, {}, True)]
        )
    )
    found = judge_file(MathJudge(), rows)
    assert (found["satisfied"], found["violated"], found["abstained"]) == (1, 1, 1)
    assert (found["labeled"], found["agree"]) == (2, 1)
    done = raylign("judge", "{type: maths}", rows)
    assert done.returncode == 2
    assert "unknown type 'maths'; did you mean 'math'?" in done.stderr
    done = raylign("judge", "{type: math}", rows)
    assert done.returncode == 0, done.stderr
    assert "agrees with 1 of 2 labels, 50.0 %" in done.stdout
    assert "answer '3.' is wrong" in done.stdout


def test_the_control_plane_imports_no_torch():
    modules = (
        "raylign.cli.app, raylign.plan.resolve, raylign.service.serve, raylign.service.client, raylign.show.console"
    )
    heavy = "[m for m in ('torch', 'transformers', 'ray', 'vllm', 'deepspeed') if m in sys.modules]"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print({heavy})"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
