"""Cohen's kappa: how far two who call things by two names agree beyond what chance would have them agree.

Cohen, "A coefficient of agreement for nominal scales", 1960; its large-sample standard error by Fleiss, Cohen and
Everitt, "Large sample standard errors of kappa and weighted kappa", 1969, eq. 13.
"""

import math
from collections.abc import Mapping

from raylign.interval import Bounds, Z

Counts = Mapping[tuple[bool, bool], int]
"""How often the one said this and the other that."""


def kappa(counts: Counts) -> tuple[float, Bounds] | None:
    """Kappa and its 95 % interval. 1: always one word; 0: as chance has it.

    None where there is nothing to tell by: of no pairs, or where both have one word for everything.
    """
    total = sum(counts.values())
    if not total:
        return None
    share = {pair: counts.get(pair, 0) / total for pair in ((a, b) for a in (True, False) for b in (True, False))}
    ours = {word: share[word, True] + share[word, False] for word in (True, False)}
    theirs = {word: share[True, word] + share[False, word] for word in (True, False)}
    agreed = share[True, True] + share[False, False]
    chance = sum(ours[word] * theirs[word] for word in (True, False))
    if chance == 1:
        return None
    value = (agreed - chance) / (1 - chance)
    disagreed = 1 - value
    variance = (
        sum(share[word, word] * (1 - (ours[word] + theirs[word]) * disagreed) ** 2 for word in (True, False))
        + disagreed**2 * sum(share[a, b] * (theirs[a] + ours[b]) ** 2 for a, b in ((True, False), (False, True)))
        - (value - chance * disagreed) ** 2
    ) / (total * (1 - chance) ** 2)
    reach = Z * math.sqrt(max(0.0, variance))
    return value, (max(-1.0, value - reach), min(1.0, value + reach))
