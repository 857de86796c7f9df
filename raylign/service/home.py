"""The service's home directory: database, key, run directories, and what runs where.

raylign.db     the job store            api_key       its own API key (0600)
jobs/<id>/     run directories          tenants/NAME/ what a tenant's jobs may read
gateway.json   address of the gateway   gateway.lock  held while one runs
ray_token      that Ray's token (0600)  ray.json      the local Ray this service started
identity       under which this home holds its job store
audit.jsonl    who did what (0600)    secret_keys    what seals tenants' secrets (0600)
"""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.errors import GatewayUnreachable, ServeError, Unauthorized
from raylign.record.lock import take_lock
from raylign.record.whole import write_whole

KEY_VARIABLE = "RAYLIGN_API_KEY"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one home directory."""

    path: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.path / 'raylign.db'}"

    @property
    def api_key(self) -> Path:
        return self.path / "api_key"

    @property
    def jobs(self) -> Path:
        return self.path / "jobs"

    def tenant(self, name: str) -> Path:
        """What a tenant may put here, and its jobs read: ``tenants/NAME``."""
        return self.path / "tenants" / name

    @property
    def audit(self) -> Path:
        """Who did what, as `raylign.service.audit` writes it."""
        return self.path / "audit.jsonl"

    @property
    def secret_keys(self) -> Path:
        """What seals tenants' secrets, where the operator names no other file."""
        return self.path / "secret_keys"

    @property
    def ray_record(self) -> Path:
        return self.path / "ray.json"

    @property
    def ray_token(self) -> Path:
        return self.path / "ray_token"

    @property
    def ray_log(self) -> Path:
        return self.path / "ray.log"

    @property
    def gateway_record(self) -> Path:
        return self.path / "gateway.json"

    @property
    def identity(self) -> Path:
        return self.path / "identity"

    @property
    def lock(self) -> Path:
        return self.path / "gateway.lock"


def open_home(path: Path) -> Home:
    """The home at ``path``, made (0700) where absent. Raises `ServeError` when that cannot be."""
    home = Home(path.expanduser().resolve())
    try:
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.jobs.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise ServeError(f"cannot use {str(home.path)!r} as home: {error.strerror}; give another --home") from error
    return home


@contextlib.contextmanager
def hold(home: Home) -> Iterator[None]:
    """Hold the home for this process alone. Raises `ServeError` when another gateway has it."""
    try:
        lock = take_lock(home.lock)
    except BlockingIOError as error:
        raise ServeError(
            f"another gateway (pid {error.strerror}) already serves {str(home.path)!r}: stop it, or give another --home"
        ) from None
    with lock:
        yield


def load_api_key(home: Home) -> str:
    """The gateway's key: ``RAYLIGN_API_KEY``, or the home's file, made on first use with mode 0600."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if key:
        return key
    with contextlib.suppress(FileExistsError):
        write_whole(home.api_key, f"rl_{secrets.token_urlsafe(32)}", secret=True, fresh=True)
    return read_api_key(home)


def load_identity(home: Home) -> str:
    """A random name of this home, made on first use: its gateway is told by it from those of all other homes."""
    with contextlib.suppress(FileExistsError):
        write_whole(home.identity, secrets.token_hex(16), secret=True, fresh=True)
    return home.identity.read_text().strip()


def read_api_key(home: Home) -> str:
    """The key a client uses. Raises `Unauthorized` when there is none."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key and home.api_key.is_file():
        key = home.api_key.read_text().strip()
    if not key:
        raise Unauthorized(f"no API key: set {KEY_VARIABLE}, or start `raylign serve`, which writes {home.api_key}")
    return key


def find_gateway(path: Path, url: str | None = None) -> tuple[str, str]:
    """Address and key of the gateway at ``url``, or of the one that serves the home at ``path``.

    Raises `GatewayUnreachable` when none serves it, `Unauthorized` when there is no key.
    """
    home = Home(path.expanduser().resolve())
    record = read_record(home.gateway_record)
    if url is None and record is None:
        raise GatewayUnreachable(
            f"no gateway serves {str(home.path)!r}: start one with `raylign serve`, or give its address with --url"
        )
    return url or str(record["url"] if record else ""), read_api_key(home)


def find_ca(path: Path) -> Path | None:
    """The certificates by which the gateway that serves the home at ``path`` is known, where it said some."""
    record = read_record(Home(path.expanduser().resolve()).gateway_record) or {}
    return Path(record["ca"]) if record.get("ca") else None


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """A small JSON file of the home, whole as soon as it is there: others wait for it."""
    write_whole(path, json.dumps(record), secret=True)


def read_record(path: Path) -> Mapping[str, Any] | None:
    """What `write_record` wrote, or None where there is none."""
    return json.loads(path.read_text()) if path.is_file() else None
