"""What the base install can do: check and plan, without torch, Ray, vLLM, or what runs the judges."""

import subprocess
import sys

import pytest
from jobs import EXAMPLES

WITHOUT = ("pebble", "math_verify", "torch", "ray", "vllm", "transformers", "deepspeed", "peft", "numpy", "safetensors")
PROGRAM = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {without!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from raylign.cli.app import main
sys.argv = ["raylign", *{arguments!r}]
main()
"""


@pytest.mark.parametrize("command", [["check"], ["plan", "--cpus", "8"]])
def test_jobs_are_checked_and_planned_without_what_runs_them(command: list[str]) -> None:
    program = PROGRAM.format(without=WITHOUT, arguments=[*command, str(EXAMPLES / "demo.yaml")])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
