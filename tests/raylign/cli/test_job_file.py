"""A job's file: checked, planned, described."""

import json

import pytest
from command import raylign
from jobs import EXAMPLES, small_job
from service import KEY, live_service


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


def test_schema_is_a_json_schema():
    schema = json.loads(raylign("schema").stdout)
    kinds = [schema["$defs"][one["$ref"].split("/")[-1]]["properties"] for one in schema["anyOf"]]
    assert [kind["kind"]["const"] for kind in kinds] == [
        *("align", "preferences", "sft", "rated", "reward_model", "recipe")
    ]
    assert all(kind["tasks" if "tasks" in kind else "stages"]["description"] for kind in kinds)


def test_settings_beside_the_file_are_checked_planned_and_refused_as_its_own():
    crpg = EXAMPLES / "crpg.yaml"
    assert ": 7 steps over" in raylign("check", crpg, "steps=7").stdout
    found = json.loads(raylign("plan", crpg, "--json", "steps=7", "tasks.math.samples_per_prompt=2").stdout)
    assert (found["steps"], found["tasks"][0]["samples_per_prompt"]) == (7, 2)
    done = raylign("check", crpg, "tasks.mth.weight=2")
    assert done.returncode == 2
    assert "'tasks' has no 'mth'; did you mean 'math'?" in done.stderr


def test_a_gateway_is_asked_what_a_job_would_be_on_its_cluster(tmp_path, monkeypatch):
    monkeypatch.setenv("RAYLIGN_API_KEY", KEY)
    with live_service(tmp_path) as service:
        here = ("plan", EXAMPLES / "crpg.yaml", "--url", service.url)
        done = raylign(*here)
        assert done.returncode == 0, done.stderr
        assert "policy/0" in done.stdout
        assert json.loads(raylign(*here, "--json").stdout)["cluster"]["source"] == "ray"
        service.ray.nodes = [{"CPU": 8, "memory": 2**20}]
        done = raylign(*here)
        assert done.returncode == 2
        assert "does not fit the cluster" in done.stderr
