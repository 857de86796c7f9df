"""The house itself: what it ships, and that every module has a test of its own name."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from setuptools import find_packages

ROOT = Path(__file__).parents[1]
LONG = 40
"""Lines from which on a module needs a test of its own."""
WAITING = (
    "actors/driver.py",
    "actors/sampling/engine.py",
    "actors/sampling/vllm_engine.py",
    "raylign/plan/demand.py",
    "raylign/plan/memory/terms.py",
    "raylign/plan/plan.py",
    "raylign/plan/savings.py",
)
"""Modules whose tests stand elsewhere yet: it only ever gets shorter."""


def modules() -> Iterator[Path]:
    """Every module of the library, relative to the root."""
    for house in ("raylign", "actors"):
        yield from (path.relative_to(ROOT) for path in sorted((ROOT / house).rglob("*.py")))


def own_test(module: Path) -> Path:
    """Where the test of a module stands: a package's is named after it, and migrations are tested as one history."""
    if module.parent.name == "versions":
        return Path("tests", *module.parts[:-3], "test_migrations.py")
    match module.stem:
        case "__init__":
            name = module.parent.name
        case "__main__":
            name = "main"
        case name:
            pass
    return Path("tests", module.parent, f"test_{name}.py")


def long_modules() -> list[Path]:
    return [module for module in modules() if len((ROOT / module).read_text().splitlines()) >= LONG]


def test_long_modules_have_tests_of_their_own_names() -> None:
    missing = {
        str(module): str(own_test(module)) for module in long_modules() if not (ROOT / own_test(module)).is_file()
    }
    assert {module: test for module, test in missing.items() if not module.startswith(WAITING)} == {}


def test_the_wheel_holds_the_library_alone() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    packages = find_packages(str(ROOT), include=settings["include"])
    assert {package.partition(".")[0] for package in packages} == {"raylign", "actors"}
    assert "raylign.service.store" in packages


def test_documents_name_files_that_are_there() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
    named = re.compile(r"`((?:raylign|actors|tests|benchmarks|examples|deploy|docs)/[\w/.-]+)`")
    gone = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in pages
        if page.name != "CHANGELOG.md"
        for name in named.findall(page.read_text())
        if not (ROOT / name).exists()
    }
    assert gone == set()
