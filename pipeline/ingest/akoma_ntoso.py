"""Akoma Ntoso debates: speeches, questions and answers with `<from>`, the name as printed.

Source: OASIS LegalDocML, Akoma Ntoso 1.0, part 1, debate and debateBody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import NotATranscript
from pipeline.ingest.conventions import words_of
from pipeline.ingest.draft import Draft
from pipeline.ingest.speeches import Note, Paragraph, Person, Speech, render
from pipeline.ingest.xml_tree import attribute, local, parsed, words_in

_SPEECHES = frozenset({"speech", "question", "answer", "other"})
_NOTES = words_of("scene narrative summary heading subheading recordedTime num")
_SILENT = _NOTES | {"from", "noteRef", "authorialNote", "meta"}
_SKIPPED = frozenset({"meta", "components", "attachments"})
_BLOCKS = _NOTES | words_of("p blockList table toc listIntroduction listWrapUp longTitle")


def read(data: bytes) -> Draft:
    """Read a debate.

    Raises:
        UnreadableInput: damaged.
        NotATranscript: some other XML, or a document in which nobody speaks.
    """
    return read_tree(parsed(data, "Akoma Ntoso", "validate it, and save it again from the program that made it"))


def read_tree(root: Any) -> Draft:
    """Read a debate that is parsed already; see `read`."""
    if local(root) != "akomaNtoso":
        raise NotATranscript(
            f"XML, but no Akoma Ntoso: it holds <{local(root)}>", remedy="name TEI .xml; save others as docx or text"
        )
    parts = list(_parts(root))
    if not any(isinstance(part, Speech) and part.paragraphs for part in parts):
        raise NotATranscript(
            "an Akoma Ntoso document in which nobody speaks: there is no <speech>",
            remedy="give the record of a debate; acts and bills are no transcripts",
        )
    return render(parts, _persons(root), attributes=_attributes(root), roles={})


def _parts(element: Any) -> Iterator[Speech | Note]:
    for child in element:
        name = local(child)
        if name in _SPEECHES and (attribute(child, "by") or name != "other"):
            yield _speech(child)
        elif name in _BLOCKS:
            yield Note(words_in(child, {"noteRef", "authorialNote"}))
        elif name and name not in _SKIPPED:
            yield from _parts(child)


def _speech(element: Any) -> Speech:
    label = next((words_in(one, ()) for one in element if local(one) == "from"), "")
    return Speech(
        who=attribute(element, "by").lstrip("#"),
        label=label,
        paragraphs=tuple(_paragraphs(element)),
        capacity=attribute(element, "as"),
    )


def _paragraphs(element: Any) -> Iterator[Paragraph]:
    for child in element:
        name = local(child)
        if name in _NOTES:
            yield Paragraph(words_in(child, ()), is_note=True)
        elif name and name not in _SILENT:
            yield Paragraph(words_in(child, _SILENT))


def _persons(root: Any) -> dict[str, Person]:
    """Those whom the references name, by `eId` or, in older documents, `id`."""
    found: dict[str, Person] = {}
    for element in root.iter("{*}TLCPerson", "{*}TLCRole"):
        key = attribute(element, "eId") or attribute(element, "id")
        if key:
            found[key] = Person(attribute(element, "showAs"))
    return found


def _attributes(root: Any) -> dict[str, str]:
    """Title and date of the debate."""
    found: dict[str, str] = {}
    for date in root.iter("{*}FRBRdate"):
        found.setdefault("date", attribute(date, "date"))
    for title in root.iter("{*}docTitle"):
        found.setdefault("title", words_in(title, ()))
    return {name: value for name, value in found.items() if value}
