"""The command line as a user meets it."""

import subprocess
import sys

from command import raylign, started
from jobs import EXAMPLES

from raylign import __version__


def test_a_process_says_what_the_command_says():
    done = started("check", EXAMPLES / "crpg.yaml")
    said = raylign("check", EXAMPLES / "crpg.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (said.returncode, said.stdout, said.stderr)


def test_a_wrong_job_is_one_sentence_and_exit_status_2(tmp_path):
    file = tmp_path / "job.yaml"
    file.write_text((EXAMPLES / "crpg.yaml").read_text().replace("steps:", "stepz:"))
    for command in ("check", "plan", "run"):
        done = raylign(command, file)
        assert done.returncode == 2
        assert "unknown key 'stepz'; did you mean 'steps'?" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_control_plane_imports_no_torch():
    modules = (
        "raylign.cli.app, raylign.plan.resolve, raylign.service.serve, raylign.service.client, raylign.show.console"
    )
    heavy = "[m for m in ('torch', 'transformers', 'ray', 'vllm', 'deepspeed') if m in sys.modules]"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print({heavy})"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_version_is_the_packages_and_no_command_shows_the_help():
    assert raylign("version").stdout == f"{__version__}\n"
    commands = [line.split()[0] for line in raylign("--help").stdout.partition("Commands:")[2].splitlines() if line]
    assert commands == [
        *(
            "data",
            "explain",
            "pairs",
            "label",
            "init",
            "check",
            "plan",
            "run",
            "serve",
            "monitor",
            "demo",
            "submit",
            "watch",
            "jobs",
            "pause",
            "resume",
            "cancel",
            "retry",
            "delete",
        ),
        *(
            "get-model",
            "samples",
            "chat",
            "eval",
            "report",
            "judge",
            "quotas",
            "audit",
            "schema",
            "version",
            "keys",
            "datasets",
            "webhooks",
            "secrets",
            "label-queues",
        ),
    ]
