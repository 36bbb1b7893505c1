"""Taguette projects (`.sqlite3`).

Offsets are bytes of UTF-8 over the text nodes of the document's HTML, tags not counted (`taguette/extract.py` and
`static/js/taguette.js` of Taguette 1.4.1). Where blocks follow each other without a line break we add one that is not counted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import number
from pipeline.exchange.offsets import OffsetMap, Unit
from pipeline.exchange.placing import Finder, squashed
from pipeline.exchange.project import Project
from pipeline.exchange.sqlite_file import Database, has_tables, open_database, text
from pipeline.ingest.conventions import words_of
from pipeline.plural import listed

_TABLES = {
    "projects": ("id", "name"),
    "documents": ("id", "name", "contents"),
    "tags": ("id", "path", "description"),
    "highlights": ("id", "document_id", "start_offset", "end_offset", "snippet"),
    "highlight_tags": ("highlight_id", "tag_id"),
}
_INLINE = words_of("a abbr b bdi bdo big cite code del em font i ins kbd mark q s samp small span strong sub sup tt u")


def recognise(path: Path) -> bool:
    """Whether a file is a Taguette database."""
    return has_tables(path, _TABLES)


def read(path: Path) -> Project:
    """Read a Taguette database, all its projects together.

    Raises:
        UnreadableInput: it is no Taguette database, or damaged.
    """
    with open_database(path, _TABLES, "Taguette") as database:
        names = [text(row["name"]) for row in database.rows("projects", "id")]
        builder = ProjectBuilder(names[0] if len(names) == 1 else path.stem)
        if len(names) > 1:
            builder.warn(f"holds {len(names)} projects, which were read as one: {listed(names)}")
        codes = {
            number(row["id"]): builder.code(text(row["path"]), description=text(row["description"]))
            for row in database.rows("tags", "id")
        }
        _read_codings(database, builder, codes)
        return builder.project()


def _read_codings(database: Database, builder: ProjectBuilder, codes: dict[int, str | None]) -> None:
    tags: dict[int, list[int]] = defaultdict(list)
    for row in database.rows("highlight_tags", "tag_id"):
        tags[number(row["highlight_id"])].append(number(row["tag_id"]))
    coders = _coders(database)
    pages: dict[int, tuple[str, Page]] = {}
    for row in database.rows("documents", "id"):
        page = Page.of(text(row["contents"]))
        pages[number(row["id"])] = builder.source(text(row["name"]), page.text), page
    for row in database.rows("highlights", "start_offset"):
        if number(row["document_id"]) not in pages:
            builder.count("[highlight belongs|highlights belong] to no document and [was|were] left out")
            continue
        source_id, page = pages[number(row["document_id"])]
        place = page.place(number(row["start_offset"]), number(row["end_offset"]), text(row["snippet"]), builder)
        given = [codes.get(tag) for tag in tags[number(row["id"])]]
        if not any(given):
            builder.count("[highlight carries|highlights carry] no tag and [was|were] left out")
        elif place is None:
            builder.count(
                "[highlight lies outside its document, whose words do not hold its own, and was|highlights lie "
                "outside their document, whose words do not hold theirs, and were] left out"
            )
        else:
            for code in filter(None, given):
                builder.coding(source_id, *place, code, coder=coders.get(number(row["id"]), ""))


def _coders(database: Database) -> dict[int, str]:
    """Who made a highlight: in the log of a live database; exports have no log of it."""
    columns = database.columns().get("commands", set())
    if not {"id", "user_login", "payload"} <= columns:
        return {}
    coders: dict[int, str] = {}
    for row in database.rows("commands", "id"):
        try:
            payload: Any = json.loads(text(row["payload"]))
        except (ValueError, RecursionError):
            continue
        if isinstance(payload, dict) and payload.get("type") == "highlight_add":
            coders.setdefault(number(payload.get("highlight_id")), text(row["user_login"]))
    return coders


@dataclass(slots=True)
class Page:
    """A document's text, and where each character that Taguette counts stands in it.

    Attributes:
        counted: the text nodes, one after the other.
        text: the same with line breaks between blocks.
        places: of each character of `counted` in `text`.
    """

    counted: str
    text: str
    places: list[int]
    _map: OffsetMap = field(init=False)

    def __post_init__(self) -> None:
        self._map = OffsetMap(self.counted)

    @classmethod
    def of(cls, html: str) -> Page:
        """The page of a document's HTML."""
        parser = _Text()
        parser.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
        parser.close()
        pieces: list[str] = []
        places: list[int] = []
        length = 0
        for piece, counted in parser.pieces:
            # A carriage return that was written as an entity is a line end to us.
            pieces.append(piece.replace("\r", "\n"))
            if counted:
                places += range(length, length + len(piece))
            length += len(piece)
        whole = "".join(pieces)
        return cls("".join(whole[place] for place in places), whole, places)

    def place(self, start: int, end: int, snippet: str, builder: ProjectBuilder) -> tuple[int, int] | None:
        """Where a highlight lies in `text`; its snippet has the last word."""
        words = Page.of(snippet).counted
        found = self._point(start), self._point(end)
        if found[0] is not None and found[1] is not None and 0 <= found[0] < found[1]:
            first, last = found[0], found[1]
            if not squashed(words) or squashed(self.counted[first:last]) == squashed(words):
                return self.places[first], self.places[last - 1] + 1
        # The offsets point elsewhere: the document may have been changed by hand since.
        near = self.places[min(found[0] or 0, len(self.places) - 1)] if self.places else 0
        place = Finder(self.text).nearest(words, near)
        if place is not None:
            builder.count(
                "[highlight was|highlights were] found by [its|their] words, as [its|their] offsets point elsewhere"
            )
        return place

    def _point(self, offset: int) -> int | None:
        """A byte as a character; Taguette cuts after a character that an offset lies in."""
        for moved in range(offset, offset + 4):
            try:
                return self._map.from_unit(moved, Unit.UTF8)
            except ValueError:
                continue
        return None


class _Text(HTMLParser):
    """Collects text nodes, and line breaks where a browser shows one and the text has none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[tuple[str, bool]] = []
        self._after_pre = False

    def handle_starttag(self, tag: str, attrs: Iterable[Any]) -> None:
        self._break(tag)
        self._after_pre = tag in {"pre", "textarea", "listing"}

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        self._after_pre = False

    def handle_data(self, data: str) -> None:
        if self._after_pre:
            data = data.removeprefix("\n")  # browsers drop it
            self._after_pre = False
        if data:
            self.pieces.append((data, True))

    def _break(self, tag: str) -> None:
        if tag not in _INLINE and self.pieces and not self.pieces[-1][0].endswith("\n"):
            self.pieces.append(("\n", False))
