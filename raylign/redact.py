"""What other libraries say, before it is kept or shown: no keys of this process, no passwords in addresses."""

import os
import re
from collections.abc import Mapping

SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSW|CREDENTIAL)(?!.*(PATH|FILE|DIR)$)", re.IGNORECASE)
"""In the name of a variable whose value is nobody's to read."""
SHORTEST = 6
"""Characters of a secret: a shorter value is a word that stands elsewhere as well, ``true``, ``token``."""
STARS = "***"
_USERINFO = re.compile(r"(?<=://)[^\s/@]+(?=@)")


def redacted(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """``text`` with stars for the values of the environment's secrets, and for user and password in addresses."""
    secrets = {value for name, value in environment.items() if SECRET.search(name) and len(value) >= SHORTEST}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, STARS)
    return _USERINFO.sub(STARS, text)
