"""The chart: it renders, what it renders is valid, and what it names is there."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import deployed
import kubernetes_validate
import pytest
import yaml

from raylign.monitor.alerts import rules
from raylign.monitor.dashboard import dashboard
from raylign.service.home import KEY_VARIABLE, Home

CHART = deployed.DEPLOY / "helm/raylign"
HELM = Path(sys.executable).parent / "helm"
KUBERNETES = "1.30"
"""The oldest that Chart.yaml takes."""
WORKERS = [
    {"name": "a", "replicas": 2, "minReplicas": 0, "maxReplicas": 4, "gpus": 8, "resources": {"limits": {"cpu": 64}}},
    {"name": "b", "replicas": 1, "minReplicas": 1, "maxReplicas": 1, "gpus": 1, "resources": {}},
]
CASES: Mapping[str, dict[str, Any]] = {
    "default": {},
    "gpus": {
        "image": {"variant": "cuda"},
        "ray": {"workers": WORKERS, "autoscaler": {"enabled": True}, "head": {"nodeSelector": {"pool": "head"}}},
        "storage": {"shared": [{"name": "models", "claim": "models", "path": "/models"}]},
    },
    "postgres": {
        "database": {"existingSecret": "store"},
        "gateway": {
            "apiKey": {"existingSecret": "key"},
            "ingress": {"enabled": True, "host": "raylign.example.com", "tlsSecret": "tls", "className": "nginx"},
        },
    },
    "monitoring": {
        "monitoring": {"enabled": True, "prometheusUrl": "http://prometheus:9090", "grafanaUrl": "http://grafana:3000"},
        "networkPolicy": {"scrapers": [{"namespaceSelector": {}}], "clients": [{"namespaceSelector": {}}]},
    },
    "everything": {
        "sandbox": {"enabled": True},
        "gateway": {"allowPush": True, "allowHubData": True, "hubModels": False, "trackers": "wandb,mlflow"},
        "ray": {
            "auth": {"existingSecret": "token"},
            "gcsFaultToleranceOptions": {"backend": "redis", "redisAddress": "redis:6379"},
            "networkPolicy": {"mode": "DenyAllIngress"},
            "envFrom": [{"secretRef": {"name": "tokens"}}],
        },
    },
}
CLUSTER = {
    *("rayVersion", "authOptions", "enableInTreeAutoscaling", "autoscalerOptions", "gcsFaultToleranceOptions"),
    *("networkPolicy", "headGroupSpec", "workerGroupSpecs"),
}
HEAD = {"serviceType", "rayStartParams", "template"}
GROUP = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
"""Of the fields of KubeRay 1.7's RayCluster, ray.io/v1, those that stand here."""


def helm(*words: str, values: Mapping[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
    """Helm on the chart, with values over its own."""
    return subprocess.run(
        [str(HELM), *words, str(CHART), "--namespace", "ml", "--values", "-"],
        input=json.dumps(values or {}),
        capture_output=True,
        text=True,
        timeout=60,
    )


@cache
def rendered(case: str) -> tuple[dict[str, Any], ...]:
    """What Kubernetes would be given."""
    done = helm("template", "demo", values=CASES[case])
    assert done.returncode == 0, done.stderr
    return tuple(document for document in yaml.safe_load_all(done.stdout) if document)


def one(case: str, kind: str, end: str = "") -> Any:
    """The object of that kind whose name ends so."""
    [found] = [
        document
        for document in rendered(case)
        if document["kind"] == kind and document["metadata"]["name"].endswith(end)
    ]
    return found


def gateway(case: str) -> Any:
    """The gateway's container."""
    [container] = one(case, "Deployment")["spec"]["template"]["spec"]["containers"]
    return container


def ray_pods(case: str) -> list[Any]:
    """Templates of the head's and the workers' pods."""
    spec = one(case, "RayCluster")["spec"]
    return [group["template"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]


def environment(container: Any) -> dict[str, Any]:
    """By name: what a variable is, or where it comes from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def test_helm_finds_nothing_wrong() -> None:
    done = helm("lint", "--strict")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("case", CASES)
def test_every_object_is_one(case: str) -> None:
    documents = [document for document in rendered(case) if "." not in document["apiVersion"].split("/")[0]]
    documents += [document for document in rendered(case) if document["apiVersion"].startswith("networking")]
    pods = [{"apiVersion": "v1", "kind": "PodTemplate", "metadata": {}, "template": pod} for pod in ray_pods(case)]
    assert len(documents) >= 7
    for document in [*documents, *pods]:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize("case", CASES)
def test_the_cluster_is_one_that_kuberay_takes(case: str) -> None:
    cluster = one(case, "RayCluster")
    spec = cluster["spec"]
    assert cluster["apiVersion"] == "ray.io/v1"
    assert set(spec) <= CLUSTER
    assert set(spec["headGroupSpec"]) <= HEAD
    assert all(set(group) == GROUP for group in spec["workerGroupSpecs"])
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    assert spec["authOptions"]["mode"] == "token"
    assert len(cluster["metadata"]["name"]) < 50  # KubeRay appends -head-svc to it, and cuts off what is longer


@pytest.mark.parametrize("case", CASES)
def test_the_gateway_is_started_by_a_command_line_that_there_is(case: str) -> None:
    words = gateway(case)["args"]
    said = deployed.command(words)
    service = one(case, "Service")
    [port] = service["spec"]["ports"]
    assert said["host"] == "0.0.0.0"
    assert said["report_url"] == f"http://{service['metadata']['name']}.ml.svc:{port['port']}"
    assert said["ray_url"] == f"http://{one(case, 'RayCluster')['metadata']['name']}-head-svc.ml.svc:8265"
    assert gateway(case)["ports"] == [{"name": port["targetPort"], "containerPort": said["port"]}]


def test_what_values_say_the_gateway_is_told() -> None:
    said = deployed.command(gateway("everything")["args"])
    assert (said["push"], said["hub_data"], said["hub_models"], said["trackers"]) == (True, True, False, "wandb,mlflow")
    usual = deployed.command(gateway("default")["args"])
    for option in ("port", "push", "hub_data", "hub_models", "trackers", "pause_days", "libraries"):
        assert usual[option] == deployed.default("serve", option), option
    assert deployed.command(gateway("gpus")["args"])["allow_path"] == [Path("/models")]
    assert "raylign.example.com" in deployed.command(gateway("postgres")["args"])["allow_host"]


@pytest.mark.parametrize("case", CASES)
def test_every_variable_is_one_that_something_reads(case: str) -> None:
    containers = [gateway(case), *(pod["spec"]["containers"][0] for pod in ray_pods(case))]
    assert {name for container in containers for name in environment(container)} - deployed.variables() == set()


def test_secrets_are_referred_to_and_never_held() -> None:
    said = environment(gateway("postgres"))
    assert said["RAYLIGN_DATABASE_URL"] == {"secretKeyRef": {"name": "store", "key": "url"}}
    assert said[KEY_VARIABLE] == {"secretKeyRef": {"name": "key", "key": "api_key"}}
    assert environment(gateway("default"))["RAY_AUTH_TOKEN"] == {  # the one KubeRay makes
        "secretKeyRef": {"name": one("default", "RayCluster")["metadata"]["name"], "key": "auth_token"}
    }
    everything = one("everything", "RayCluster")["spec"]
    assert everything["authOptions"]["secretName"] == "token"
    assert environment(gateway("everything"))["RAY_AUTH_TOKEN"]["secretKeyRef"]["name"] == "token"
    assert not any(document["kind"] == "Secret" for case in CASES for document in rendered(case))


@pytest.mark.parametrize("case", CASES)
def test_gateway_and_ray_see_run_directories_at_one_path_and_ray_no_secret(case: str) -> None:
    home = Home(Path(environment(gateway(case))["RAYLIGN_HOME"]))
    mounts = {mount["mountPath"]: mount for mount in gateway(case)["volumeMounts"]}
    assert mounts[str(home.path)] == {"name": "home", "mountPath": str(home.path)}
    for pod in ray_pods(case):
        [container] = pod["spec"]["containers"]
        seen = {Path(m["mountPath"]): m for m in container["volumeMounts"] if m["name"] == "home"}
        for path, mount in seen.items():
            assert mount["subPath"] == str(path.relative_to(home.path))
        assert "readOnly" not in seen[home.jobs]
        assert seen[home.tenant("any").parent]["readOnly"]
        for secret in (home.api_key, home.identity, Path(home.database_url.removeprefix("sqlite:///"))):
            assert not any(secret.is_relative_to(path) for path in seen)
        assert environment(container)["HF_HOME"] == environment(gateway(case))["HF_HOME"]


def test_sqlite_stands_on_a_claim_of_its_own() -> None:
    url = environment(gateway("default"))["RAYLIGN_DATABASE_URL"]
    path = Path(url.removeprefix("sqlite:///"))
    assert path.is_absolute()
    assert {"name": "store", "mountPath": str(path.parent)} in gateway("default")["volumeMounts"]
    assert one("default", "PersistentVolumeClaim", "-store")["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert not any(
        volume["name"] == "store" for volume in one("postgres", "Deployment")["spec"]["template"]["spec"]["volumes"]
    )


@pytest.mark.parametrize("case", CASES)
def test_nobody_is_root_and_nobody_has_a_token_of_kubernetes(case: str) -> None:
    pods = [one(case, "Deployment")["spec"]["template"], *ray_pods(case)]
    user = deployed.instruction(deployed.IMAGES["cpu"], "USER")
    for place, pod in enumerate(pods):
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"]
        assert f"{security['runAsUser']}:{security['runAsGroup']}" == user
        [container] = pod["spec"]["containers"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        autoscaling = place == 1 and case == "gpus"  # the head, whose autoscaler changes the RayCluster
        assert pod["spec"]["automountServiceAccountToken"] is autoscaling
    assert gateway(case)["securityContext"]["readOnlyRootFilesystem"]


def test_programs_under_test_are_isolated_where_the_operator_lets_them() -> None:
    for pod in ray_pods("everything"):
        assert pod["spec"]["hostUsers"] is False
        assert pod["spec"]["containers"][0]["securityContext"]["procMount"] == "Unmasked"
    for pod in ray_pods("default"):
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize("case", CASES)
def test_the_dashboard_is_reached_by_the_gateway_alone(case: str) -> None:
    cluster = {"ray.io/cluster": one(case, "RayCluster")["metadata"]["name"]}
    policy = one(case, "NetworkPolicy", "-ray")["spec"]
    assert policy["podSelector"]["matchLabels"] == cluster
    own, others = policy["ingress"][0], policy["ingress"][1:]
    assert own == {"from": [{"podSelector": {"matchLabels": cluster}}]}
    [dashboard_rule] = [rule for rule in others if rule["ports"] == [{"port": 8265, "protocol": "TCP"}]]
    labels = one(case, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert dashboard_rule["from"] == [{"podSelector": {"matchLabels": labels}}]
    assert one(case, "Service")["spec"]["selector"] == labels
    assert [rule["ports"] for rule in others if rule is not dashboard_rule] == (
        [[{"port": 8080, "protocol": "TCP"}]] if case == "monitoring" else []
    )
    clients = one(case, "NetworkPolicy", "-gateway")["spec"]["ingress"][0].get("from", [])
    assert clients == [] or {"podSelector": {"matchLabels": cluster}} in clients  # drivers report


@pytest.mark.parametrize("case", CASES)
def test_probes_call_by_a_name_the_gateway_goes_by(case: str) -> None:
    from raylign.service.app import LOCAL_HOSTS

    probes = {word: gateway(case)[f"{word}Probe"]["httpGet"] for word in ("startup", "liveness", "readiness")}
    assert {probe["httpHeaders"][0]["value"] for probe in probes.values()} <= set(LOCAL_HOSTS)
    assert [probe["path"] for probe in probes.values()] == ["/livez", "/livez", "/readyz"]


def test_gpus_are_asked_for() -> None:
    groups = one("gpus", "RayCluster")["spec"]["workerGroupSpecs"]
    limits = [group["template"]["spec"]["containers"][0]["resources"]["limits"] for group in groups]
    assert limits == [{"cpu": 64, "nvidia.com/gpu": 8}, {"nvidia.com/gpu": 1}]
    assert gateway("gpus")["image"].endswith("-cuda")
    assert {pod["spec"]["containers"][0]["image"] for pod in ray_pods("gpus")} == {gateway("gpus")["image"]}


def test_what_is_watched_is_what_the_monitor_writes() -> None:
    """Else: ``make chart``."""
    board = one("monitoring", "ConfigMap")["data"]["raylign.json"]
    assert json.loads(board) == dashboard()
    assert one("monitoring", "PrometheusRule")["spec"] == rules()
    monitor = one("monitoring", "PodMonitor")["spec"]
    assert monitor["selector"]["matchLabels"] == {"ray.io/cluster": one("monitoring", "RayCluster")["metadata"]["name"]}
    [endpoint] = monitor["podMetricsEndpoints"]
    for pod in ray_pods("monitoring"):
        assert endpoint["port"] in [port["name"] for port in pod["spec"]["containers"][0]["ports"]]
    assert (
        environment(ray_pods("monitoring")[0]["spec"]["containers"][0])["RAY_GRAFANA_DATA_DASHBOARD_UID"]
        == (dashboard()["uid"])
    )


def test_versions_are_the_packages() -> None:
    project = tomllib.loads((deployed.ROOT / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == project["version"]
    [ray] = [one for one in project["optional-dependencies"]["run"] if one.startswith("ray[")]
    assert one("default", "RayCluster")["spec"]["rayVersion"] == ray.partition("==")[2]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"gateway": {"port": 80}}, "gateway.port: Must be greater than or equal to 1024"),
        ({"image": {"variant": "rocm"}}, 'must be one of the following: "cpu", "cuda"'),
        ({"gateway": {"ingress": {"enabled": True}}}, "gateway.ingress.host: Does not match"),
        ({"gateway": {"replicas": 2}}, "Additional property replicas is not allowed"),
        ({"storage": {"home": {"path": "home"}}}, "storage.home.path: Does not match"),
        ({"ray": {"workers": []}}, "ray.workers: Array must have at least 1 items"),
        ({"ray": {"workers": WORKERS}}, "set image.variant=cuda"),
        (
            {
                "image": {"variant": "cuda"},
                "ray": {"workers": WORKERS},
                "storage": {"home": {"accessModes": ["ReadWriteOnce"]}},
            },
            "storage.home.accessModes must have ReadWriteMany",
        ),
    ],
)
def test_wrong_values_are_refused_in_words(values: dict[str, Any], says: str) -> None:
    done = helm("template", "demo", values=values)
    assert done.returncode != 0
    assert says in done.stderr


def test_every_value_is_explained() -> None:
    """By a comment above it, or above the section that it closes; and the schema knows it."""
    values, schema = (yaml.safe_load((CHART / name).read_text()) for name in ("values.yaml", "values.schema.json"))

    def same(value: Any, known: Any, where: str) -> None:
        if "properties" in known:
            assert set(value) | {"global"} == set(known["properties"]) | {"global"}, where
            for name in value:
                same(value[name], known["properties"][name], f"{where}.{name}")

    same(values, schema, "values")
