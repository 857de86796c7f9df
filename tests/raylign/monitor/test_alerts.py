"""The alerts ask for what is declared, in Prometheus' own language."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from raylign.monitor.alerts import ALERTS, rules
from raylign.monitor.gauges import GAUGES


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_alerts_ask_for_declared_gauges(alert) -> None:
    asked = set(re.findall(r"ray_raylign_\w+", alert.expr))
    assert asked
    assert asked <= {gauge.exported for gauge in GAUGES}


def test_alerts_are_rules_to_prometheus(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: `apt install prometheus`)")
    file = tmp_path / "alerts.yml"
    file.write_text(yaml.safe_dump(rules()))
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
