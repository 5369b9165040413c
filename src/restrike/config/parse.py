"""YAML text to a tree of values with places.

Built from parser events, not from PyYAML's node graph: events still show anchors, tags and which scalars were quoted.
Only plain data is let in: one document, no anchors, aliases, tags or merge keys, and no key twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from restrike.config import scalars
from restrike.config.errors import Problem
from restrike.config.tree import Node, Place
from restrike.config.wording_yaml import explained

DEEPEST = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Parsed:
    """The outcome of parsing: the root, None if there is no document, and what was wrong."""

    def __init__(self, root: Node | None, problems: list[Problem]):
        self.root = root
        self.problems = problems


def parse(text: str, source: str, rank: int = 0, *, flag: bool = False) -> Parsed:
    """Parse one document. For a flag's value every place is the flag itself."""
    text = text.removeprefix("\ufeff")
    if odd := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        column = odd.start() - (text.rfind("\n", 0, odd.start()) + 1) + 1
        place = Place(source, rank=rank) if flag else Place(source, line, column, rank)
        return Parsed(None, [Problem(place, f"the character U+{ord(odd[0]):04X} is not allowed in YAML")])
    builder = _Builder(source, rank, flag)
    try:
        root = builder.document(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        message, mark = explained(text, error)
        builder.problems.append(Problem(builder.place(mark), message))
        root = None
    return Parsed(root, builder.problems)


class _TooDeep(Exception):
    pass


class _Builder:
    def __init__(self, source: str, rank: int, flag: bool):
        self.source, self.rank, self.flag = source, rank, flag
        self.problems: list[Problem] = []
        self.events: Iterator[yaml.Event] = iter(())

    def place(self, mark: Any) -> Place:
        if self.flag or mark is None:
            return Place(self.source, rank=self.rank)
        return Place(self.source, mark.line + 1, mark.column + 1, self.rank)

    def wrong(self, mark: Any, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(self.place(mark), message, hint))

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        self.events, root = events, None
        try:
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._check_directives(event)
                    if root is not None:
                        self.wrong(event.start_mark, "a second document starts here; a configuration is one document")
                        break
                    root = self.node(next(events), 1)
        except _TooDeep:
            return None
        return root

    def _check_directives(self, event: yaml.DocumentStartEvent) -> None:
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            self.wrong(event.start_mark, "YAML directives ('%YAML', '%TAG') are not supported; YAML 1.2 is understood")

    def node(self, event: Any, depth: int, key: Place | None = None) -> Node:
        self._check_plain(event)
        place = self.place(event.start_mark)
        if depth > DEEPEST:
            self.wrong(event.start_mark, f"values are nested deeper than {DEEPEST} levels")
            raise _TooDeep
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self.mapping(depth), place, key)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self.sequence(depth), place, key)
        if isinstance(event, yaml.ScalarEvent):
            return Node(self.scalar(event), place, key)
        return Node(None, place, key)  # an alias, already told

    def mapping(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key, place = self.key(event, depth), self.place(event.start_mark)
            node = self.node(next(self.events), depth + 1, place)
            if key is None:
                continue
            if key in entries:
                first = entries[key].key
                told = f" (first on line {first.line})" if first and first.line else ""
                self.wrong(event.start_mark, f"key '{key}' is given twice{told}")
            else:
                entries[key] = node
        return entries

    def key(self, event: Any, depth: int) -> str | None:
        """Return a mapping's key, or None where it cannot be one."""
        if not isinstance(event, yaml.ScalarEvent):
            self.node(event, depth + 1)
            self.wrong(event.start_mark, "a key has to be text, not a mapping, a list or an alias")
            return None
        self._check_plain(event)
        value = self.scalar(event)
        if value == "<<" and event.style in (None, ""):
            self.wrong(event.start_mark, "merge keys ('<<') are not supported; 'extends' takes over another file")
            return None
        if not isinstance(value, str):
            hint = f"write '{event.value}' in quotes if it is text"
            self.wrong(event.start_mark, f"a key has to be text, not {scalars.described(value)}; {hint}")
            return None
        return value

    def sequence(self, depth: int) -> list[Node]:
        items = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, depth + 1))
        return items

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        try:
            text.encode("utf-8")
            return scalars.meaning(text) if event.implicit[0] else text
        except UnicodeEncodeError:
            self.wrong(event.start_mark, "the text holds half of a surrogate pair, which is not Unicode")
        except ValueError as error:
            self.wrong(event.start_mark, str(error))
        return ""

    def _check_plain(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.wrong(event.start_mark, f"aliases ('*{event.anchor}') are not supported; write the value out")
            return
        if event.anchor is not None:
            self.wrong(event.start_mark, f"anchors ('&{event.anchor}') are not supported; write the value out twice")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.wrong(event.start_mark, f"tags ('{tag}') are not supported; a configuration is plain data")
