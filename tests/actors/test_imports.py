"""What processes do not import, and do not look through."""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
from jobs import EXAMPLES

from actors.cluster.host import host
from actors.imports import without
from actors.text.world import read_world
from raylign.spec import load_job


def test_garbage_is_not_looked_for_while_a_worker_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_import.py").write_text(
        "import gc\n\nlooked_for = gc.isenabled()\n\nclass Worker:\n    def looked(self):\n"
        "        return looked_for, gc.isenabled()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert host("slow_to_import:Worker")({}, {}).call("looked") == (False, True)
        assert gc.isenabled()
    finally:
        del sys.modules["slow_to_import"]


def test_a_module_is_hidden_from_who_is_imported_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "far.py").touch()
    (tmp_path / "greedy.py").write_text("try:\n    import far\nexcept ImportError:\n    far = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("far", "greedy"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with without("far"):
        import greedy
    assert greedy.far is None
    import far

    with without("far"):  # who has it already keeps it
        assert sys.modules["far"] is far
    for module in ("far", "greedy"):
        del sys.modules[module]


READS = """
import json, sys
import actors.__main__
from pathlib import Path
from actors.driver import _read_world
from raylign.spec import load_job

large = ["torch", "transformers", "vllm"]
early = [name for name in large if name in sys.modules]
world, _ = _read_world(load_job(Path(sys.argv[1])), {})
torch = [name for name in sys.modules if name.partition(".")[0] == "torch"]
print(json.dumps([early, torch, [prompt.token_ids for prompt in world.prompts["math"]]]))
"""


def test_a_driver_and_what_it_reads_need_no_torch() -> None:
    """Its prompts are the same tokens."""
    job = EXAMPLES / "crpg.yaml"
    done = subprocess.run([sys.executable, "-c", READS, str(job)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "PyTorch was not found" not in done.stderr
    world, _ = read_world(load_job(job))
    assert json.loads(done.stdout) == [[], [], [list(prompt.token_ids) for prompt in world.prompts["math"]]]
