"""Every method of the library is offered under a name of its own, told of, and held to the laws."""

from collections import Counter
from pathlib import Path

from method_cases import METHODS

from raylign import methods
from raylign.methods import OWN

DOCS = (Path(__file__).parents[3] / "docs" / "methods.md").read_text()


def test_no_two_methods_have_one_name():
    assert Counter(kind.model_fields["type"].default for kind in OWN).most_common(1)[0][1] == 1


def test_a_method_can_be_imported_by_its_name():
    assert all(getattr(methods, kind.__name__) is kind and kind.__name__ in methods.__all__ for kind in OWN)


def test_every_method_has_a_row_in_the_docs():
    assert [kind for kind in OWN if f"| `{kind.model_fields['type'].default}` |" not in DOCS] == []


def test_every_method_is_put_to_the_laws():
    assert set(OWN) <= {type(method) for method in METHODS}
