"""A document's text, YAML or JSON, as plain data: mappings with text keys, lists, text, numbers, true, false, null.

Little text never becomes much data, and what a reader might overlook is refused: YAML's anchors, aliases, merge keys,
directives and tags of its own, and keys given twice. What values may be is `raylign.spec.values`' to say.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from raylign.errors import SpecError
from raylign.spec.telling import shown
from raylign.spec.values import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY

try:  # libyaml: ten times as fast
    from yaml import CSafeLoader as Loader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

MAX_BYTES = 1_000_000
"""Of a document's text."""
_LONGEST_NUMBER = 64
"""Characters. What is longer and not quoted is text."""
_TAG = "tag:yaml.org,2002:"
_PLAIN = ("null", "bool", "int", "float")
# libyaml spends the square of their number on %TAG lines.
_DIRECTIVE = re.compile(r"(?:\A|[\n\r\x85\u2028\u2029])%")


def read_yaml(text: bytes) -> Any:
    """The document in a YAML text; None where it is empty. Keys are text as written (``on``, ``1``), dates are text.

    Raises `SpecError` naming the line.
    """
    clean = _decode(text)
    if _DIRECTIVE.search(clean):
        raise SpecError("lines that begin with % (YAML's directives) are not taken: leave them out")
    reader = _YamlReader(clean)
    try:
        return reader.document()
    except SpecError as error:
        raise SpecError(f"line {reader.line}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else reader.line
        raise SpecError(f"line {line}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise SpecError(" ".join(str(error).split())) from None


def read_json(text: bytes) -> Any:
    """The document in a JSON text. Raises `SpecError`."""
    clean = _decode(text)
    try:
        return json.loads(clean, object_pairs_hook=_mapping, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise SpecError(f"line {error.lineno}: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise SpecError(f"it {TOO_DEEP}") from None


class _YamlReader:
    """Builds a document from the parser's events, each checked before it is followed."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=Loader)
        self._resolver = Resolver()
        self._values = 0
        self.line = 1
        """Where the last event stands."""

    def document(self) -> Any:
        self._next()  # the stream's start
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        document = self._value(self._next(), depth=0)
        self._next()  # the document's end
        if not isinstance(self._next(), yaml.StreamEndEvent):
            raise SpecError("a second document begins: send one")
        return document

    def _next(self) -> Any:
        event = next(self._events)
        self.line = event.start_mark.line + 1
        return event

    def _value(self, event: Any, *, depth: int) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            raise SpecError(f"it {TOO_MANY}")
        if depth > MAX_DEPTH:
            raise SpecError(f"it {TOO_DEEP}")
        if isinstance(event, yaml.AliasEvent):
            raise SpecError(f"alias {shown(f'*{event.anchor}')} is not taken: write the value out")
        if event.anchor is not None:
            raise SpecError(f"anchor {shown(f'&{event.anchor}')} is not taken: write the value out where it is used")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            _check_tag(event.tag, "seq")
            return [self._value(item, depth=depth + 1) for item in self._until(yaml.SequenceEndEvent)]
        _check_tag(event.tag, "map")
        mapping: dict[str, Any] = {}
        for item in self._until(yaml.MappingEndEvent):
            key = self._key(item)
            if key in mapping:
                raise SpecError(f"key {shown(key)} stands twice")
            mapping[key] = self._value(self._next(), depth=depth + 1)
        return mapping

    def _until(self, end: type[yaml.Event]) -> Iterator[Any]:
        while not isinstance(event := self._next(), end):
            yield event

    def _key(self, event: Any) -> str:
        if isinstance(event, yaml.CollectionStartEvent):
            raise SpecError("a key is text, this is a list or a mapping")
        self._value(event, depth=0)  # for its checks alone
        if event.value == "<<" and event.implicit[0]:
            raise SpecError("merge key << is not taken: write the values out")
        return str(event.value)

    def _scalar(self, event: Any) -> Any:
        value: str = event.value
        if event.tag is not None:
            _check_tag(event.tag, "str", *_PLAIN)
            kind = event.tag.removeprefix(_TAG)
        elif event.implicit[0] and len(value) <= _LONGEST_NUMBER:
            kind = self._resolver.resolve(yaml.ScalarNode, value, (True, False)).removeprefix(_TAG)
        else:
            kind = "str"
        return _plain(value, kind) if kind in _PLAIN else value


def _plain(value: str, kind: str) -> Any:
    """A number, true, false or null as YAML 1.1 writes it."""
    node = yaml.ScalarNode(_TAG + kind, value)
    try:
        if len(value) > _LONGEST_NUMBER:
            raise ValueError
        return SafeConstructor.yaml_constructors[node.tag](SafeConstructor(), node)
    except (ValueError, KeyError, IndexError):
        raise SpecError(f"{shown(value)} is no {kind}") from None


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise SpecError(f"key {shown(key)} stands twice")
        mapping[key] = value
    return mapping


def _whole(digits: str) -> int:
    """Python takes the square of their length to read digits."""
    if len(digits) > _LONGEST_NUMBER:
        raise SpecError(f"{shown(digits)} has {len(digits)} digits, {_LONGEST_NUMBER} are the limit")
    return int(digits)


def _check_tag(tag: str | None, *kinds: str) -> None:
    if tag is not None and tag not in {"!", *(_TAG + kind for kind in kinds)}:
        raise SpecError(f"tag {shown(tag.replace(_TAG, '!!'))} is not taken: leave it out")


def _decode(text: bytes) -> str:
    if len(text) > MAX_BYTES:
        raise SpecError(f"it has more than {MAX_BYTES} bytes")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from None
