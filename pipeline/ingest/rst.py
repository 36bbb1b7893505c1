"""reStructuredText with bold speaker names, as of public hearings: `**Lady Hallett**: Good morning.`

Section titles, paragraphs wholly in italics, bracketed notes and "Questions From …" headings are not speech.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles

from pipeline.errors import UnreadableInput
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft, Rendering, renamed
from pipeline.ingest.hearing import hearing_aliases, hearing_roles
from pipeline.ingest.parts import parts
from pipeline.ingest.rst_guard import guard, unguard

_QUIET = {
    "report_level": 5,
    "halt_level": 5,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "line_length_limit": 1_000_000_000,  # a paragraph on one line is a long line, and no attack
}
_UNKNOWN_ROLE = re.compile(r":([A-Za-z][\w.+-]*):`")
_HEADING = re.compile(
    r"^(?:Further )?(?:Questions|Examination|Cross-examination|Re-examination|Submissions?|Statement|Housekeeping)"
    r"(?: (?:From|from|By|by|On|on|Of|of)\b[^.?!]{0,120})?$"
)
_NOTE = re.compile(r"^[(\[][^()\[\]]{1,120}[)\]]\.?$")
_TRANSCRIPT_OF = re.compile(r"^Transcript of .{3,120}\d{4}\.?$")


def read(data: bytes) -> Draft:
    """Read a hearing transcript; a paragraph with no bold name goes on with the speaker before."""
    text, warnings = decode(data)
    _accept_any_role(text)
    try:
        document = publish_doctree(guard(text), settings_overrides=_QUIET)
    except RecursionError as error:
        raise UnreadableInput("its lists or quotations are nested too deep", remedy="save it as plain text") from error
    rendering = Rendering()
    speaker: str | None = None
    asides: list[str] = []
    blocks = list(document.findall(_is_block))
    labels = [_label_of(block) for block in blocks]
    known = _speakers([label for label, _ in labels if label is not None])
    for block, (label, speech) in zip(blocks, labels, strict=True):
        if isinstance(block, nodes.title):
            asides.append(unguard(block.astext()))
            rendering.note(block.astext())
            rendering.end_turn()
            speaker = None
            continue
        if label is not None and label not in known:
            label, speech = None, _flat(block)
        if label is not None:
            speaker = unguard(label)
            rendering.end_turn()
        if label is None and _is_not_speech(block, speech):
            asides.append(unguard(speech))
            rendering.note(speech)
        else:
            rendering.speech(speaker, speech, joiner="\n\n")
    draft = rendering.draft(warnings=tuple(warnings))
    return _as_hearing(replace(draft, text=unguard(draft.text)), asides)


def _as_hearing(draft: Draft, asides: list[str]) -> Draft:
    """Merge the names of one person and say who gives evidence."""
    speakers = dict.fromkeys(turn.speaker for turn in draft.turns if turn.speaker is not None)
    turns = renamed(draft.turns, hearing_aliases(asides, speakers))
    return replace(draft, turns=turns, roles=hearing_roles(asides, parts(turns, draft.text)))


def _is_block(node: nodes.Node) -> bool:
    """Paragraphs and titles, but not the parser's own messages."""
    return isinstance(node, nodes.paragraph | nodes.title | nodes.literal_block) and not isinstance(
        node.parent, nodes.system_message
    )


def _flat(block: Any) -> str:
    """A paragraph as one line; only line feeds part its lines, not the other signs that Python takes for line ends."""
    return re.sub(r"[ \t]*\n[ \t]*", " ", block.astext())


def _speakers(labels: Sequence[str]) -> set[str]:
    """The bold names that are speakers: all but a bold word that comes once amid full names (`**Sars**: exactly …`)."""
    counts = Counter(labels)
    full = sum(count for label, count in counts.items() if " " in label)
    mostly_full = full >= 0.8 * counts.total()
    return {label for label, count in counts.items() if count > 1 or " " in label or not mostly_full}


def _label_of(block: Any) -> tuple[str | None, str]:
    """The bold name that a paragraph starts with, if a colon follows it, and the rest of the paragraph."""
    text = _flat(block)
    first = block.children[0] if block.children else None
    if not isinstance(first, nodes.strong):
        return None, text
    name = first.astext()
    rest = text[len(name) :].lstrip()
    if name.rstrip().endswith(":"):
        return name.rstrip(" :"), rest
    if rest.startswith(":"):
        return name.strip(), rest[1:].strip()
    return None, text


def _is_not_speech(block: Any, text: str) -> bool:
    only_italics = all(isinstance(child, nodes.emphasis) or not child.astext().strip(" .") for child in block.children)
    return only_italics or bool(_NOTE.match(text) or _HEADING.match(text) or _TRANSCRIPT_OF.match(text))


def _accept_any_role(text: str) -> None:
    """Read `:outline:`words`` as its words, whatever the role: docutils would drop an unknown role into an error."""

    def plain(
        name: str,
        rawtext: str,
        words: str,
        lineno: int,
        inliner: Any,
        options: Any = None,
        content: Any = None,
    ) -> Any:
        return [nodes.inline(rawtext, words)], []

    for name in set(_UNKNOWN_ROLE.findall(text)):
        roles.register_local_role(name.lower(), plain)
