"""What Prometheus and Grafana are given leads them to Ray, to each other, and to our dashboard."""

import configparser
import json
from pathlib import Path

import yaml

from raylign.monitor.dashboard import dashboard
from raylign.monitor.files import Targets, prometheus, write_files


def test_files_lead_to_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "monitor"
    write_files(folder, Targets(file=tmp_path / "ray.json"), prometheus_port=9191, grafana_port=3131)
    config = yaml.safe_load((folder / "prometheus.yml").read_text())
    assert config["scrape_configs"][0]["file_sd_configs"] == [{"files": [str(tmp_path / "ray.json")]}]
    assert yaml.safe_load(Path(config["rule_files"][0]).read_text())["groups"][0]["rules"]
    ini = configparser.ConfigParser()
    ini.read(folder / "grafana/grafana.ini")
    assert ini["server"]["http_port"] == "3131"
    assert ini["server"]["http_addr"] == "127.0.0.1"  # whoever reaches it may read without a password
    assert ini["security"]["allow_embedding"] == "true"
    provisioning = Path(ini["paths"]["provisioning"])
    source = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"][0]
    assert source["url"] == "http://127.0.0.1:9191"
    provider = yaml.safe_load((provisioning / "dashboards/raylign.yml").read_text())["providers"][0]
    found = [json.loads(file.read_text()) for file in Path(provider["options"]["path"]).glob("*.json")]
    assert found == [dashboard()]


def test_another_ray_is_asked_over_http_with_its_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    config = prometheus(tmp_path, Targets(url="http://head:8265", token=token))
    assert config["scrape_configs"][0]["http_sd_configs"] == [
        {"url": "http://head:8265/api/prometheus/sd", "authorization": {"credentials_file": str(token)}}
    ]
    bare = prometheus(tmp_path, Targets(url="http://head:8265"))
    assert bare["scrape_configs"][0]["http_sd_configs"] == [{"url": "http://head:8265/api/prometheus/sd"}]
