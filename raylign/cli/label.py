"""Pairs, labelled by people in the terminal: of a file, or of a queue at a gateway."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from raylign import bounds
from raylign.cli.connection import connect
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, Url
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.sources.labelling import Contradicting

ENDS = ("\x03", "\x04")
"""Ctrl-C and Ctrl-D, as a terminal hands them on."""


def label(
    pairs: Annotated[
        str,
        typer.Argument(
            metavar="PAIRS", help="A preference file: its order says nothing here. Without LABELS, a queue's name."
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Argument(metavar="LABELS", help="Where labels are kept; a sitting adds to it. A queue keeps its own."),
    ] = None,
    labeller: Annotated[str | None, typer.Option(help="Who labels; nobody is asked where absent.")] = None,
    out: Annotated[Path | None, typer.Option(help="The preference file to write of all labels.")] = None,
    contradicting: Annotated[
        Literal["majority", "drop"], typer.Option(help="What becomes of pairs that labellers disagree about.")
    ] = "majority",
    seed: Annotated[int, typer.Option(min=0, max=bounds.SEED, help="Decides which response is shown first.")] = 0,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show pairs, take a key for each, and say how far labellers agree. Stop at any time; the next sitting goes on."""
    if labeller is not None and not 0 < len(labeller.strip()) <= bounds.NAME:
        raise SpecError(f"--labeller is a name of 1 to {bounds.NAME} characters")
    console = Console(stderr=as_json)
    if labels is None:
        told = _at_gateway(pairs, labeller, out, console, home, url)
    else:
        told = _of_files(Path(pairs), labels, labeller, out, contradicting, console, seed)
    if as_json:
        print(json.dumps(told))
    else:
        _tell(told, out, console)


def _of_files(
    pairs: Path,
    labels: Path,
    labeller: str | None,
    out: Path | None,
    contradicting: "Contradicting",
    console: Console,
    seed: int,
) -> dict[str, Any]:
    from raylign.record.labels import Labels
    from raylign.show.labelling import sit
    from raylign.sources.desk import FilesDesk
    from raylign.sources.labelling import agreements, counted, read_pairs, write_labelled

    if out is not None and out.absolute() in (pairs.absolute(), labels.absolute()):
        raise SpecError(f"--out is {str(out)!r}, which is read here: name another file")
    passed_over = Counter[str]()
    found, kept = read_pairs(pairs, passed_over), Labels(labels)
    said = 0 if labeller is None else sit(FilesDesk(found, kept, labeller, seed=seed), _keys(), console)
    words = [kept.words.get(pair.key, {}) for pair in found]
    return {
        "pairs": len(found),
        "passed_over": dict(+passed_over),
        "said": said,
        "labellers": counted(words),
        "agreement": agreements(words),
        "written": dict(write_labelled(found, kept.words, out, contradicting)) if out else None,
    }


def _at_gateway(
    queue: str, labeller: str | None, out: Path | None, console: Console, home: Path, url: str | None
) -> dict[str, Any]:
    from raylign.show.labelling import sit

    if out is not None:
        raise SpecError(f"--out goes with LABELS: `raylign label-queues export {queue} DATASET` makes a dataset there")
    with connect(home, url) as client:
        said = 0 if labeller is None else sit(client.labels.desk(queue, labeller), _keys(), console)
        found = client.labels.get(queue)
    told = {name: found[name] for name in ("pairs", "passed_over", "labellers", "agreement")}
    return {**told, "said": said, "written": None}


def _keys() -> Iterator[str]:
    """As they are pressed; of a pipe or a file, as they stand there."""
    while True:
        try:
            key = typer.getchar() if sys.stdin.isatty() else sys.stdin.read(1)
        except (EOFError, KeyboardInterrupt):
            return
        if not key or key in ENDS:
            return
        yield key


def _tell(told: dict[str, Any], out: Path | None, console: Console) -> None:
    def line(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    if told["passed_over"]:
        line("passed over: " + _listed(told["passed_over"]))
    for name, words in told["labellers"].items():
        line(f"{name}: {sum(words.values())} of {told['pairs']} pairs ({_listed(words)})")
    for one in told["agreement"]:
        names = " and ".join(one["labellers"])
        if not one["pairs"]:
            line(f"{names}: no pair of which both prefer one")
            continue
        low, high = one["interval"] or (None, None)
        shown = "" if one["kappa"] is None else f", kappa {one['kappa']:.2f} ({low:.2f} to {high:.2f})"
        line(f"{names}: agree on {one['agreed']} of {one['pairs']} pairs{shown}")
    if told["written"] is not None:
        line(f"{out}: {_listed(told['written'])}")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in sorted(counts.items())) or "none"
