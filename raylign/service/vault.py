"""Tenants' secrets: sealed before they reach the store, opened for the attempts of jobs that name them.

Keys are the operator's, a file of Fernet keys, one a line: the first one seals, all of them open. To change it, put a
new line before the old ones and start the gateway again, which seals everything anew; then the old lines may go.
"""

import contextlib
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from raylign.errors import SecretNotFound, ServeError, SpecError, StoreError
from raylign.record.whole import write_whole
from raylign.secrets import named
from raylign.service.store import SecretRecord, Store
from raylign.spec import Work


@dataclass(frozen=True)
class Vault:
    """The secrets of one store. ``keys``: the file with what seals them, made on first use."""

    store: Store
    keys: Path

    def put(self, tenant: str, name: str, value: str) -> SecretRecord:
        """Keep a secret, in place of what it was. Raises `OverQuota`."""
        now = time.time()
        made = SecretRecord(
            tenant=tenant, name=name, sealed=self._seal(tenant, name, value), created_at=now, set_at=now
        )
        return self.store.set_secret(made)

    def values(self, tenant: str, names: Collection[str]) -> Mapping[str, str]:
        """What secrets of ``tenant`` are. Raises `SecretNotFound`; `StoreError` where no key here opens one."""
        return {name: self._open(self.store.secret(tenant, name)) for name in sorted(names)}

    def require(self, tenant: str, work: Work) -> None:
        """Raise `SpecError` where a job of ``tenant`` names a secret that is not there."""
        for name in sorted(named(work.model_dump(mode="json"))):
            try:
                self.store.secret(tenant, name)
            except SecretNotFound as error:
                raise SpecError(f"job: 'secrets' names one that is not there: {error}") from None

    def renew(self) -> int:
        """Seal anew what is not sealed by the first key; how many that were. Raises as `values` does."""
        if not self.keys.exists():
            return 0
        newest, count = Fernet(self._lines()[0]), 0
        for secret in self.store.secrets(None):
            try:
                newest.decrypt(secret.sealed.encode())
            except InvalidToken:
                self.store.reseal(secret, self._seal(secret.tenant, secret.name, self._open(secret)))
                count += 1
        return count

    def _seal(self, tenant: str, name: str, value: str) -> str:
        # Whose it is, is sealed with it: a row that is copied to another tenant's opens for nobody.
        return self._fernet.encrypt(json.dumps([tenant, name, value]).encode()).decode()

    def _open(self, secret: SecretRecord) -> str:
        try:
            tenant, name, value = json.loads(self._fernet.decrypt(secret.sealed.encode()))
        except InvalidToken:
            raise StoreError(
                f"no key in {str(self.keys)!r} opens secret {secret.name!r}: put the one that sealed it back, or have "
                "it set again"
            ) from None
        if (tenant, name) != (secret.tenant, secret.name):
            raise StoreError(f"secret {secret.name!r} was sealed as another's: have it set again")
        return str(value)

    @cached_property
    def _fernet(self) -> MultiFernet:
        with contextlib.suppress(FileExistsError):
            write_whole(self.keys, Fernet.generate_key().decode(), secret=True, fresh=True)
        return MultiFernet(list(map(Fernet, self._lines())))

    def _lines(self) -> list[str]:
        """Raises `ServeError` where they are no keys."""
        try:
            lines = self.keys.read_text(encoding="ascii").split()
            list(map(Fernet, lines))
        except (OSError, ValueError) as error:
            raise ServeError(f"{str(self.keys)!r} holds no Fernet keys, one a line: {type(error).__name__}") from None
        if not lines:
            raise ServeError(f"{str(self.keys)!r} is empty: it holds Fernet keys, one a line")
        return lines
