"""TLS: the certificate that a gateway shows, and which ones its clients and drivers trust.

A setting of the machine: the file in ``RAYLIGN_CA`` is trusted besides what the system trusts, a certificate in it even
where nobody's authority stands behind it. It is handed on to drivers, which read it where they run.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from raylign.errors import GatewayUnreachable, ServeError

VARIABLE = "RAYLIGN_CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Files in PEM."""

    cert: Path
    """The certificate, then those between it and its authority's."""
    key: Path

    def require(self) -> None:
        """Raise `ServeError` where it cannot be shown."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.cert, self.key, password=lambda: "")
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise ServeError(
                f"cannot use the certificate {str(self.cert)!r} with the key {str(self.key)!r}: {error}; give "
                "both as PEM files, the key without a password, by --tls-cert and --tls-key"
            ) from None


def trust(ca: Path | None = None) -> ssl.SSLContext | bool:
    """What httpx takes as ``verify``. ``ca``: in place of the environment's.

    Raises `GatewayUnreachable` where the file is none of certificates.
    """
    named = ca or os.environ.get(VARIABLE, "").strip()
    if not named:
        return True
    context = ssl.create_default_context()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(named)
    except OSError as error:
        raise GatewayUnreachable(f"cannot read certificates from {str(named)!r} ({VARIABLE}): {error}") from None
    return context


def setting() -> Mapping[str, str]:
    """This process's setting, as the environment of those it starts elsewhere."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}
