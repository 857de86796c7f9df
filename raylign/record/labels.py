"""Labels of pairs: who said what of which, a line each, as it was said. The last word of somebody on a pair counts.

So a sitting may end at any moment, files of several labellers may be put together line by line, and what was taken back
is still there to be read.
"""

from pathlib import Path
from typing import Literal, TypeAlias, get_args

from raylign.errors import SpecError
from raylign.record.lines import append_line, cut_torn_line, documents, json_line

Word: TypeAlias = Literal["first", "second", "tie", "skip"]
"""Which response of a pair, in the order of its file, is better; that neither is; that somebody would not say."""
UNSAID = "unsaid"
"""In the place of a word that is taken back."""
Words: TypeAlias = dict[str, dict[str, Word]]
"""By pair and labeller."""


class Labels:
    """The labels of one file; it need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.words: Words = {}
        """What has been said, and not taken back."""
        for at, line in enumerate(documents(path), start=1):
            match line:
                case {"pair": str(pair), "labeller": str(labeller), "word": str(word)}:
                    if word not in (*get_args(Word), UNSAID):
                        raise SpecError(f"{path}, label {at}: {word!r} is no word of {', '.join(get_args(Word))}")
                    self._take(pair, labeller, word)
                case _:
                    raise SpecError(f"{path}, label {at}: a label is {{'pair', 'labeller', 'word'}}")

    def say(self, pair: str, labeller: str, word: Word) -> None:
        """It is on disk from here on. Raises `RunError`."""
        self._write(pair, labeller, word)

    def unsay(self, pair: str, labeller: str) -> None:
        """Take a word back. Raises `RunError`."""
        self._write(pair, labeller, UNSAID)

    def _write(self, pair: str, labeller: str, word: str) -> None:
        cut_torn_line(self.path)
        append_line(self.path, json_line({"pair": pair, "labeller": labeller, "word": word}))
        self._take(pair, labeller, word)

    def _take(self, pair: str, labeller: str, word: str) -> None:
        said = self.words.setdefault(pair, {})
        for known in get_args(Word):
            if word == known:
                said[labeller] = known
        if word == UNSAID:
            said.pop(labeller, None)
