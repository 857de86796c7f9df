"""Several machines on this one: network namespaces with addresses of their own on a bridge, each with a disk and a name
of its own. For root.

What they share is what is installed, the code included, and that they can only read.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

NETWORK = "10.77.0"
HOST = f"{NETWORK}.1"
"""This machine's address on the bridge."""
START_S = 120
OWN = "mount --make-rprivate / && mount --bind {disk} /tmp && mount -t tmpfs own /dev/shm"
READ_ONLY = "mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"


@dataclass(kw_only=True)
class Machine:
    """One of them. ``disk``: what is its /tmp."""

    name: str
    address: str
    link: str
    """Its end of the wire, as this machine calls it."""
    disk: Path
    environment: Mapping[str, str]
    keeper: "subprocess.Popen[bytes] | None" = None
    """A process that does nothing in it."""
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        """Run a command there, in a session of its own."""
        assert self.keeper is not None
        inside = ["nsenter", "-t", str(self.keeper.pid), "-m", "-n", "-u", "--wd=/tmp", *command]
        process = subprocess.Popen(
            inside,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **self.environment, **environment},
        )
        self.started.append(process)
        return process

    def run(self, *command: str) -> str:
        """A command's output. One that fails fails the test."""
        process = self.start(*command)
        output, _ = process.communicate(timeout=START_S)
        assert process.returncode == 0, output
        return output

    def processes(self) -> list[psutil.Process]:
        """All that run there."""
        pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True).stdout
        found = []
        for pid in map(int, pids.split()):
            with contextlib.suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(pid))
        return [process for process in found if self.keeper is None or process.pid != self.keeper.pid]

    def kill(self, title: str = "") -> int:
        """SIGKILL to all whose command line holds ``title``: with none, a power cut. How many there were."""
        killed = 0
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                if title.lower() in " ".join(process.cmdline()).lower():
                    process.send_signal(signal.SIGKILL)
                    killed += 1
        return killed

    def cut(self) -> None:
        """Nothing goes over the wire any more, and nobody is told."""
        _sh(f"ip link set {self.link} down")


@contextlib.contextmanager
def machines(count: int, folder: Path, *, read_only: Path, environment: Mapping[str, str]) -> Iterator[list[Machine]]:
    """So many, as long as the block runs. ``folder``: has their disks. ``read_only``: what none may write to."""
    mark = secrets.token_hex(2)
    bridge, made = f"rl{mark}", []
    _sh(f"ip link add {bridge} type bridge && ip addr add {HOST}/24 dev {bridge} && ip link set {bridge} up")
    try:
        for number in range(count):
            name, link = f"rl{mark}-{number}", f"rl{mark}v{number}"
            machine = Machine(
                name=name,
                address=f"{NETWORK}.{number + 10}",
                link=link,
                disk=folder / f"disk-{number}",
                environment={"HOME": "/tmp", "TMPDIR": "/tmp", **environment},
            )
            machine.disk.mkdir(parents=True)
            made.append(machine)
            _wire(machine, bridge)
            machine.keeper = _keep(machine, read_only)
        yield made
    finally:
        for machine in made:
            machine.kill()
            for process in (*machine.started, *filter(None, [machine.keeper])):
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()
            for gone in (["link", "del", machine.link], ["netns", "del", machine.name]):
                subprocess.run(["ip", *gone], check=False, capture_output=True)
            shutil.rmtree(machine.disk, ignore_errors=True)
        _sh(f"ip link del {bridge}")


def _wire(machine: Machine, bridge: str) -> None:
    inside = f"ip -n {machine.name}"
    _sh(
        f"ip netns add {machine.name} && ip link add {machine.link} type veth peer name eth0 netns {machine.name} && "
        f"ip link set {machine.link} master {bridge} up && {inside} addr add {machine.address}/24 dev eth0 && "
        f"{inside} link set eth0 up && {inside} link set lo up && {inside} route add default via {HOST}"
    )


def _keep(machine: Machine, read_only: Path) -> "subprocess.Popen[bytes]":
    """Mounts are there as long as a process has them: this one stays."""
    mounts = f"{READ_ONLY.format(folder=read_only)} && {OWN.format(disk=machine.disk)}"
    ready = machine.disk / "ready"
    script = f"{mounts} && hostname {machine.name} && touch /tmp/ready && exec sleep infinity"
    process = subprocess.Popen(
        ["ip", "netns", "exec", machine.name, "unshare", "-mu", "sh", "-c", script], stdout=subprocess.DEVNULL
    )
    end = time.monotonic() + START_S
    while not ready.exists():
        assert process.poll() is None, f"{machine.name} could not be made"
        assert time.monotonic() < end, f"{machine.name} was not made within {START_S} s"
        time.sleep(0.05)
    return process


def _sh(command: str) -> None:
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
