"""The house itself: what it ships, and that every module has a test of its own name."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from setuptools import find_packages

ROOT = Path(__file__).parents[1]
LONG = 40
"""Lines from which on a module that does work needs a test of its own."""


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
    """Those that have something to test."""
    texts = {module: (ROOT / module).read_text() for module in modules()}
    return [module for module, text in texts.items() if len(text.splitlines()) >= LONG and not declares_only(text)]


def declares_only(text: str) -> bool:
    """Whether nothing of a module can go wrong: protocols and data alone, without a default or a body that does work.

    By its syntax tree: it imports, and has classes of fields without values and of functions that say what they are
    asked for, or ``...``.
    """

    def is_said(node: ast.stmt) -> bool:
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

    def is_declared(node: ast.stmt) -> bool:
        match node:
            case ast.AnnAssign(value=None):
                return True
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                return all(map(is_said, body))
        return is_said(node)

    return all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or is_said(node)
        or (isinstance(node, ast.ClassDef) and all(map(is_declared, node.body)))
        for node in ast.parse(text).body
    )


def test_long_modules_have_tests_of_their_own_names() -> None:
    missing = {
        str(module): str(own_test(module)) for module in long_modules() if not (ROOT / own_test(module)).is_file()
    }
    assert missing == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""Doc."""\nimport a\nclass A(Protocol):\n    x: int\n    """Said."""\n    def f(self) -> int: ...', True),
        ('class A(Protocol):\n    async def f(self) -> int:\n        """Said."""', True),
        ("class A:\n    def f(self) -> int:\n        return 1", False),
        ("class A:\n    x: int = 1", False),
        ("def f() -> None: ...", False),
        ("A = 1", False),
    ],
)
def test_modules_without_work_are_known_by_their_syntax(text: str, expected: bool) -> None:
    assert declares_only(text) == expected


def test_the_wheel_holds_the_library_alone() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    packages = find_packages(str(ROOT), include=settings["include"])
    assert {package.partition(".")[0] for package in packages} == {"raylign", "actors"}
    assert "raylign.service.store" in packages


def test_chat_templates_are_put_in_one_place() -> None:
    """The one that tells them what day it is."""
    asked = [str(module) for module in modules() if ".apply_chat_template(" in (ROOT / module).read_text()]
    assert asked == ["raylign/conversation.py"]


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
