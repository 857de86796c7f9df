"""What is kept or shown of a text that others wrote: no keys of this process, no passwords in addresses.

A secret is known by its variable's name or, whatever that is, by looking like one: what is random is no
word. A list of names will always lack one.
"""

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

SECRET = re.compile(
    r"(KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|_PWD$"
    r"|(^|[_.-])(PAT|PASS|PIN|AUTH|DSN|JWT|BEARER|COOKIE|SAS|SIG|SIGNATURE)([_.-]|$))"
    r"(?!.*(PATH|FILE|DIR|SOCK)$)",
    re.IGNORECASE,
)
"""In the name of a variable, or of a query's parameter, whose value is nobody's to read."""
SHORTEST = 6
"""Characters of a secret: a shorter value is a word that stands elsewhere as well, ``true``, ``token``."""
STARS = "***"
_NAMED = re.compile(r"(NAME|HOST|ID|SHA)$", re.IGNORECASE)
"""Variables of long names: machines, jobs, commits. What a message says of them is to be read."""
_RANDOM = re.compile(r"(?=\D*\d)(?=[^a-zA-Z]*[a-zA-Z])[\w+=~-]{20,}")
"""A whole value: as long as keys are, of letters and digits, and neither words nor a path."""
_ISSUED = re.compile(r"\b(hf_|gh[oprsu]_|github_pat_|glpat-|sk-|xox[a-z]-|AKIA|AIza|eyJ)[\w.-]{16,}")
"""Keys as their issuers make them, the environment's or not."""
_HIDDEN: set[str] = set()
"""Values that this process was told to hide, whatever they look like."""
_ADDRESS = re.compile(r"(?<=://)\S+")
_PARAMETER = re.compile(r"(?<=[?&])([\w.-]{1,64}=)([^\s&#'\"]+)")


def hide(value: str) -> None:
    """From now on `redacted` has stars for this value."""
    if len(value) >= SHORTEST:
        _HIDDEN.add(value)


def redacted(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """``text`` with stars for the environment's secrets and what is hidden, for whom addresses name as user, for keys
    in their queries."""
    for secret in sorted(_secrets(environment), key=len, reverse=True):
        text = text.replace(secret, STARS)
    text = _ADDRESS.sub(lambda found: _without_user(found[0]), text)
    text = _PARAMETER.sub(lambda found: found[1] + (STARS if SECRET.search(found[1][:-1]) else found[2]), text)
    return _ISSUED.sub(STARS, text)


def _secrets(environment: Mapping[str, str]) -> set[str]:
    """As they are, and as an address has them."""
    plain = {
        value
        for name, value in environment.items()
        if len(value) >= SHORTEST and (SECRET.search(name) or (_RANDOM.fullmatch(value) and not _NAMED.search(name)))
    }
    plain |= _HIDDEN
    return plain | {quote(value, safe="") for value in plain}


def _without_user(address: str) -> str:
    """What follows ``://``. A password may hold a slash or an ``@`` that nobody escaped: the last ``@`` counts."""
    host = address.partition("/")[0]
    end = address.rfind("@") if ":" in host else host.rfind("@")
    return address if end < 0 else STARS + address[end:]
