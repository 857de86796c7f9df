"""The science, small: reward alone breaks what judges look after, CGPO mends it, on the same tasks and seed."""

import json
import subprocess
import sys
from statistics import fmean

import pytest

pytestmark = [pytest.mark.vllm, pytest.mark.proof]

ARMS = ("start", "reward-only", "crpg", "grpo-bonus")
TASKS = ("instructions", "code")


def test_judges_as_constraints_beat_the_reward_alone(tmp_path):
    command = [sys.executable, "-m", "benchmarks.science", "--results", str(tmp_path), "--workers", "2"]
    command += ["--sets", "short", "--seeds", "1", "--steps", "14", "--tasks", *TASKS, "--arms", *ARMS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-4000:]
    runs = {arm: json.loads((tmp_path / f"{arm}-seed0.json").read_text()) for arm in ARMS}
    satisfied = {arm: fmean(task["satisfied"] for task in run["final"].values()) for arm, run in runs.items()}
    # The same held-out prompts and seeds before and after: one step's own prompts are a noisy "before".
    assert satisfied["crpg"] > satisfied["start"] + 0.05
    assert satisfied["crpg"] > satisfied["reward-only"] + 0.1
    rewards = [fmean(step[task]["reward"] for task in TASKS) for step in runs["reward-only"]["steps"]]
    assert fmean(rewards[-3:]) > fmean(rewards[:3]) + 0.2


def test_the_judges_own_word_is_reward_enough(tmp_path):
    """No model but the policy; where the reward model alone is followed, the same tasks get worse."""
    arms, tasks = ("start", "reward-only", "rules-grpo", "rules-crpg"), ("math", "instructions")
    command = [sys.executable, "-m", "benchmarks.science", "--results", str(tmp_path), "--workers", "2"]
    command += ["--sets", "verifiable", "--seeds", "1", "--steps", "16", "--tasks", *tasks, "--arms", *arms]
    done = subprocess.run(command, capture_output=True, text=True, timeout=480)
    assert done.returncode == 0, done.stderr[-4000:]
    runs = {arm: json.loads((tmp_path / f"{arm}-seed0.json").read_text())["final"] for arm in arms}
    for arm in ("rules-grpo", "rules-crpg"):
        for task in tasks:
            assert runs[arm][task]["satisfied"] > runs["start"][task]["satisfied"] + 0.08
    assert fmean(runs["reward-only"][task]["satisfied"] for task in tasks) < fmean(
        runs["start"][task]["satisfied"] for task in tasks
    )


def test_the_papers_own_controls_fall_behind(tmp_path):
    """Fresh pairs against eight times the same few, by the reward model and not the annotator; pairs anchored in who is
    right against pairs by score; and a prompt that shows less of an answer makes answers shorter."""
    arms = ("oaif-chat", "oaif-chat-offline-8", "oaif-chat-beginnings", "anchored", "rank")
    command = [sys.executable, "-m", "benchmarks.science", "--results", str(tmp_path), "--workers", "2"]
    command += ["--sets", "papers", "--seeds", "1", "--arms", *arms]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    runs = {arm: json.loads((tmp_path / f"{arm}-seed0.json").read_text())["final"] for arm in arms}
    online, offline, beginnings = (runs[arm]["chat"] for arm in arms[:3])
    assert online["reward"] > offline["reward"] + 0.2
    assert online["kl"] < offline["kl"]
    assert beginnings["tokens"] < online["tokens"] - 1
    right = {arm: fmean(task["satisfied"] for task in runs[arm].values()) for arm in ("anchored", "rank")}
    assert right["anchored"] > right["rank"] + 0.15
