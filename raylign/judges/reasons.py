"""Whose doing it is that a judge or reward model came to no end: the one table.

What a response brought about is a violation, for a policy would learn to bring it about: who is undecided is not
trained on, and so never pushed down. An abstention is for what the judge itself could not do.
"""

TIMEOUT = "timeout"
TOO_DEEP = "too deep"
TOO_LONG = "too long"
CRASHED = "crashed"
NOT_ASKED = "not asked"

THE_RESPONSE = {
    TIMEOUT: "a rule did not come to an end of it: a pattern without end, a number nobody can compute",
    TOO_DEEP: "it is nested deeper than a rule can follow",
    TOO_LONG: "with its conversation it is beyond the context of the reward model or LLM judge",
}
"""Violations."""

THE_JUDGE = {
    CRASHED: "its process died",
    NOT_ASKED: "it applies, and nobody asked it",
    "error: ...": "it failed, in the way that is named",
    "no answer": "an LLM judge put too little probability on its two answers",
    "control token": "the conversation cannot be shown to the model without a control token of its own in the text",
}
"""Abstentions: the sample is counted by reason and not trained on."""
