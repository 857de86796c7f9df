"""Connect to Ray, and describe it as the plan needs it."""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import ray
from ray.exceptions import AuthenticationError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from raylign.errors import RayUnreachable, ServiceError, Unauthorized
from raylign.plan.cluster import DRIVER_S, Cluster, Node, gpu_memory

MEMORY = ("memory", "object_store_memory")
"""Ray divides a node's free memory between processes and its object store."""

ANSWER_S = 15.0
"""For a cluster's address to take a connection."""


def connect(*, namespace: str, dashboard: bool) -> str:
    """Join the cluster of ``RAY_ADDRESS`` (inside a Ray job it is always set), else start one on this machine.

    Returns the dashboard's URL, or "" where there is none. Raises `Unauthorized` when the cluster wants another token,
    `RayUnreachable` when it does not answer.
    """
    if address := os.environ.get("RAY_ADDRESS"):
        _require_answer(address)
        try:
            context = ray.init(namespace=namespace, log_to_driver=False)
        except (AuthenticationError, ConnectionError) as error:
            raise refusal(error, address) from error
    else:
        # address="local": a file left by a dead cluster would make a plain init join it.
        context = ray.init(
            address="local",
            namespace=namespace,
            include_dashboard=dashboard,
            log_to_driver=False,
            configure_logging=False,
        )
    return f"http://{context.dashboard_url}" if context.dashboard_url else ""


def _require_answer(address: str) -> None:
    """Ray itself tries an address for minutes before it says that nobody is there."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname is None or place.port is None:  # a word of Ray's own: "auto"
        return
    try:
        socket.create_connection((place.hostname, place.port), timeout=ANSWER_S).close()
    except OSError as error:
        raise refusal(error, address) from error


def refusal(error: Exception, address: str) -> ServiceError:
    """Ray's error on joining the cluster at ``address``, as ours."""
    # A token that is refused comes as a failure to connect, and the cause of that as text.
    if "AuthenticationError" in f"{type(error).__name__} {error.__cause__}":
        return Unauthorized(
            f"the Ray at RAY_ADDRESS={address} wants a token and was not given the right one: set RAY_AUTH_TOKEN, or "
            "RAY_AUTH_TOKEN_PATH to its file (of a Ray that `raylign serve` started: ray_token in its --home)"
        )
    return RayUnreachable(
        f"the Ray at RAY_ADDRESS={address} does not answer ({error}): start it, correct the address, or unset "
        "RAY_ADDRESS to run on a Ray of this machine alone"
    )


def describe() -> Cluster:
    """The live nodes of the connected cluster."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    gpu_memory = _gpu_memory([node["NodeID"] for node in nodes if node["Resources"].get("GPU")])
    return Cluster(nodes=tuple(planned(node["Resources"], gpu_memory.get(node["NodeID"])) for node in nodes))


def planned(resources: Mapping[str, float], gpu_memory_bytes: float | None) -> Node:
    """A node as the plan sees it. ``resources``: by Ray's names."""
    return Node(
        cpus=resources.get("CPU", 0.0),
        gpus=resources.get("GPU", 0.0),
        memory_bytes=sum(resources.get(part, 0.0) for part in MEMORY),
        gpu_memory_bytes=gpu_memory_bytes,
    )


def _gpu_memory(nodes: Sequence[str]) -> dict[str, float | None]:
    """Bytes of a GPU by node, asked there; nodes that do not answer, or not in time, are left out."""
    asked = {
        ray.remote(num_cpus=0)(gpu_memory)
        .options(name="gpu_memory", scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False))
        .remote(): node
        for node in nodes
    }
    told, _ = ray.wait(list(asked), num_returns=len(asked), timeout=3 * DRIVER_S) if asked else ([], [])
    sizes = {}
    for answer in told:
        with suppress(RayError):
            sizes[asked[answer]] = ray.get(answer)
    return sizes
