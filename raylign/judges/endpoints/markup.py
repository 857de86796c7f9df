"""Foreign text for a service whose tokenizer is not known here: nothing in it may look like a control token."""

import re
import unicodedata

OPENS = re.compile(r"<(?=[^\s<>=\d])|\[(?=/?[A-Z_]+\])")
"""``<|im_end|>``, ``</s>``, ``<start_of_turn>``; ``[INST]``: what the chat templates of all families are made of."""


def unmarked(text: str) -> str:
    """``text`` with a space after whatever opens a token: people read the same.

    Spelled in characters that Unicode folds into these, it is folded first.
    """
    folded = unicodedata.normalize("NFKC", text)
    if len(OPENS.findall(folded)) > len(OPENS.findall(text)):
        text = folded
    return OPENS.sub(lambda opening: f"{opening[0]} ", text)
