"""compose.yaml: valid, and every command, port, place and variable in it is one that there is."""

import configparser
import json
from pathlib import Path
from typing import Any

import deployed
import jsonschema
import pytest
import yaml
from deployed import DEPLOY, IMAGES, instruction

from raylign.monitor.files import Targets, write_files
from raylign.service.home import KEY_VARIABLE, Home

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
GATEWAY = deployed.command(SERVICES["raylign"]["command"])
SCHEMA = "builtin_schemas/vendor/compose-spec.json"
HOME = Home(Path(instruction(IMAGES["cpu"], "VOLUME")))


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cuda.yaml"])
def test_it_is_valid_by_the_specification(name: str) -> None:
    schema = json.loads((deployed.installed("check_jsonschema") / SCHEMA).read_text())
    jsonschema.validate(yaml.safe_load((DEPLOY / name).read_text()), schema)


def test_images_are_built_from_what_is_there() -> None:
    build = SERVICES["raylign"]["build"]
    root = (DEPLOY / build["context"]).resolve()
    over = yaml.safe_load((DEPLOY / "compose.cuda.yaml").read_text())["services"]
    assert root / build["dockerfile"] == IMAGES["cpu"]
    assert root / over["raylign"]["build"]["dockerfile"] == IMAGES["cuda"]
    assert set(over) <= set(SERVICES)
    for services, variant in ((SERVICES, "cpu"), (over, "cuda")):
        image = services["raylign"]["image"]
        assert image == services["monitor-files"]["image"]
        assert f"docker build -f deploy/images/{IMAGES[variant].name} -t {image} ." in IMAGES[variant].read_text()


def test_everything_listens_to_this_machine_alone() -> None:
    assert GATEWAY["host"] == "127.0.0.1"
    assert GATEWAY["port"] == deployed.default("serve", "port")  # where the image's health is asked
    assert not any("ports" in service for service in SERVICES.values())
    assert "listen_addresses=127.0.0.1" in SERVICES["postgres"]["command"]
    assert (
        f"--web.listen-address=127.0.0.1:{deployed.default('monitor', 'prometheus_port')}"
        in (SERVICES["prometheus"]["command"])
    )


def test_the_monitor_s_files_lead_to_the_gateway_s_ray() -> None:
    said = deployed.command(SERVICES["monitor-files"]["command"])
    assert said["ray_url"] == f"http://127.0.0.1:{GATEWAY['ray_dashboard_port']}"
    for other in ("prometheus_port", "grafana_port"):
        assert said[other] == deployed.default("monitor", other)
    assert Path(said["files"]).is_relative_to(HOME.path)


def test_prometheus_and_grafana_read_what_the_monitor_writes(tmp_path: Path) -> None:
    folder = Path(deployed.command(SERVICES["monitor-files"]["command"])["files"])
    write_files(tmp_path, Targets(url="http://any"), prometheus_port=9090, grafana_port=3000)
    ini = configparser.ConfigParser()
    ini.read(tmp_path / "grafana/grafana.ini")
    grafana = SERVICES["grafana"]["environment"]
    read = [Path(grafana.pop("GF_PATHS_CONFIG", "")), Path(SERVICES["prometheus"]["command"][0].partition("=")[2])]
    for path in read:
        assert (tmp_path / path.relative_to(folder)).is_file()
    assert grafana == {
        f"GF_PATHS_{word.upper()}": str(folder / Path(ini["paths"][word]).relative_to(tmp_path))
        for word in ("data", "logs", "provisioning")
    }
    for name in ("prometheus", "grafana"):  # the home is its owner's alone
        assert SERVICES[name]["user"] == instruction(IMAGES["cpu"], "USER")
        assert SERVICES[name]["volumes"] == [f"home:{HOME.path}"]


def test_variables_are_ones_that_something_reads_and_hold_no_secret() -> None:
    said = SERVICES["raylign"]["environment"]
    assert set(said) - deployed.variables() == set()
    assert {KEY_VARIABLE, "RAYLIGN_DATABASE_URL"} <= set(said)
    for name in (KEY_VARIABLE, "RAYLIGN_DATABASE_URL", "HF_TOKEN"):
        assert said[name] == f"${{{name}:-}}"
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose gives it where nobody has set it."""
    monkeypatch.setenv("RAYLIGN_DATABASE_URL", "")
    assert deployed.default("serve", "database_url") is None
    monkeypatch.setenv("RAYLIGN_DATABASE_URL", "sqlite:///x")
    assert deployed.default("serve", "database_url") == "sqlite:///x"


def test_a_driver_has_time_for_its_checkpoint() -> None:
    from raylign.service.dispatch.launch import RAY_STOP_WAIT_S

    assert int(SERVICES["raylign"]["stop_grace_period"].removesuffix("s")) > RAY_STOP_WAIT_S
