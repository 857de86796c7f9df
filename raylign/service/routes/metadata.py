"""``metadata[team]=a`` in a query: what a user says of a job, and what a list of jobs is asked for by."""

import re
from typing import Annotated, Any

from fastapi import Depends, Request

from raylign.errors import SpecError

MOST_PAIRS = 16
KEY = r"[^\x00-\x1f\x7f\"\[\]\\]{1,64}"
LONGEST_VALUE = 512
PARAMETER: dict[str, Any] = {
    "parameters": [
        {
            "name": "metadata",
            "in": "query",
            "style": "deepObject",
            "explode": True,
            "description": "What its user says of a job, as `metadata[team]=a`",
            "schema": {
                "type": "object",
                "maxProperties": MOST_PAIRS,
                "propertyNames": {"pattern": f"^{KEY}$"},
                "additionalProperties": {"type": "string", "maxLength": LONGEST_VALUE},
            },
        }
    ]
}
"""``openapi_extra`` of a route that takes it: FastAPI has no such parameters."""
_NAME = re.compile(r"metadata\[(.*)\]", re.DOTALL)


async def metadata_of(request: Request) -> dict[str, str]:
    """The pairs of a query, or of none. Raises `SpecError`."""
    pairs: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if (found := _NAME.fullmatch(name)) is None:
            continue
        key = found[1]
        if not re.fullmatch(KEY, key):
            raise SpecError(f"metadata[{key[:80]}]: a key has 1 to 64 characters, no quote, bracket or backslash")
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise SpecError(f"metadata[{key}]: a value has at most {LONGEST_VALUE} characters, and no NUL")
        pairs[key] = value
    if len(pairs) > MOST_PAIRS:
        raise SpecError(f"metadata: {len(pairs)} pairs, at most {MOST_PAIRS} are taken")
    return pairs


Metadata = Annotated[dict[str, str], Depends(metadata_of)]
"""A route's parameter: the pairs of its query."""
