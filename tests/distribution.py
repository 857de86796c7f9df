"""Another distribution, as an installer leaves it in a folder."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, distributions
from pathlib import Path


def install_distribution(
    folder: Path, name: str, text: str, *, group: str = "raylign.judges", **points: str
) -> Sequence[EntryPoint]:
    """Version 1.5 of it, one module with entry points. Returns those of all that is in the folder."""
    module = f"{name}_of_{folder.name}".replace("-", "_")
    (folder / f"{module}.py").write_text(text)
    info = folder / f"{name}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    lines = [f"{point} = {module}:{value}" for point, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
    return [point for one in distributions(path=[str(folder)]) for point in one.entry_points]
