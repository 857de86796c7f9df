"""Joining a Ray that refuses: one sentence, never a traceback."""

import socket

import pytest
from jobs import finish, small_job, start
from ray.exceptions import AuthenticationError

from actors.cluster.connection import connect, planned, refusal
from raylign.errors import RayUnreachable, Unauthorized
from raylign.plan.cluster import Node


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (AuthenticationError("no token"), Unauthorized, "RAY_ADDRESS=head:6379 wants a token.*RAY_AUTH_TOKEN_PATH"),
        (
            caused(ConnectionError("failed"), RuntimeError("... ray.exceptions.AuthenticationError: wrong")),
            Unauthorized,
            "was not given the right one",
        ),
        (ConnectionError("failed"), RayUnreachable, r"RAY_ADDRESS=head:6379 does not answer \(failed\)"),
    ],
)
def test_what_ray_says_is_told_in_our_words(error, kind, says):
    with pytest.raises(kind, match=says):
        raise refusal(error, "head:6379")


def test_a_token_that_is_not_there_ends_the_run_with_one_sentence(tmp_path):
    """Giving a token turns Ray's authentication on, which looks for it before it connects."""
    job = small_job(tmp_path, "crpg")
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = f"127.0.0.1:{somebody.getsockname()[1]}"
        environment = {"RAY_ADDRESS": address, "RAY_AUTH_TOKEN_PATH": str(tmp_path / "none")}
        arguments = ("run", "--job", str(job), "--run-dir", str(tmp_path / "run"))
        status, output = finish(start("actors", *arguments, **environment), seconds=60)
    assert status == 1, output
    assert f"error: the Ray at RAY_ADDRESS={address} wants a token" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "[::1]:1"])
def test_an_address_at_which_nobody_is_is_told_at_once(monkeypatch, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(RayUnreachable, match="does not answer .*refused.*: start it, correct the address"):
        connect(namespace="job", dashboard=False)


def test_a_node_s_memory_is_that_of_its_processes_and_of_its_object_store():
    resources = {"CPU": 2.0, "memory": 15.8, "object_store_memory": 6.8, "node:10.0.0.1": 1.0}
    assert planned(resources, None) == Node(cpus=2.0, gpus=0.0, memory_bytes=15.8 + 6.8)
    assert planned({"GPU": 8.0}, 80.0) == Node(cpus=0.0, gpus=8.0, memory_bytes=0.0, gpu_memory_bytes=80.0)
