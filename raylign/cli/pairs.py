"""Preference pairs of scored samples."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from raylign import bounds
from raylign.cli.options import AsJson

ROWS = 'JSON lines of {"prompt", "answer", "samples": [{"response", "score"}], "consultant"}.'


def pairs(
    file: Annotated[Path, typer.Argument(metavar="SAMPLES", help=ROWS)],
    out: Annotated[Path, typer.Argument(metavar="PAIRS", help="The preference file to write.")],
    by: Annotated[Literal["anchor", "rank"], typer.Option(help="By class of prompt, or by score alone.")] = "anchor",
    loser: Annotated[
        Literal["lowest", "any"],
        typer.Option(help="Of a prompt whose samples are all right: the lowest score, or any below the highest."),
    ] = "lowest",
    seed: Annotated[int, typer.Option(min=0, max=bounds.SEED, help="Decides ties.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make preference pairs of sampled and scored explanations, anchored in which of them are right."""
    from raylign.sources.anchors import anchored, ranked
    from raylign.sources.scored import write_pairs

    counts = write_pairs(file, out, anchored(loser) if by == "anchor" else ranked, seed=seed)
    if as_json:
        print(json.dumps({"file": str(out), "counts": dict(counts)}))
        return
    print(f"{out}: " + ", ".join(f"{what} {count}" for what, count in sorted(counts.items())))
