"""How long each rule judge may take for one response, before its process is killed."""

from raylign.judges import sandbox
from raylign.spec.judges import CodeJudge, LengthJudge, RuleJudge

LENGTH_S = 5.0
"""For counting, which has no setting of its own."""


def limit(spec: RuleJudge) -> float:
    """Seconds."""
    match spec:
        case LengthJudge():
            return LENGTH_S
        case CodeJudge():
            # The sandbox keeps the program's own limit; this one is for a sandbox that hangs.
            return spec.timeout_s + sandbox.START_S + 5
    return spec.timeout_s
