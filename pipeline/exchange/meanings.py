"""What a column of a table of codings may hold, and the heads that programs and people give such columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from pipeline.ingest.conventions import key_of, words_of
from pipeline.ingest.heads import BEFORE, heads_as_known


class Meaning(StrEnum):
    """What a column may hold; the words of `--map column=meaning`."""

    DOCUMENT = "document"
    TEXT = "text"
    CODE = "code"
    FLAG = "flag"
    CODER = "coder"
    MEMO = "memo"
    SPEAKER = "speaker"
    START = "start"
    CONTEXT = "context"
    UNIT = "unit"
    IGNORE = "ignore"


_NAMES = {
    Meaning.DOCUMENT: words_of("""
        documentname document dokumentname dokument sourcename source filename file mediatitle media resourcetitle
        transcript transcriptid interview primarydocument quelle nomdudocument documento
    """),
    Meaning.TEXT: words_of("""
        segment codedsegment codedsegments codedtext textcontent quotationcontent quotationtext excerptcopy excerpt
        excerpttext highlight highlightedtext content passage quote inhalt text sentence utterance quotation textb
    """),
    Meaning.CODE: words_of("""
        code codes codename codesystempath codepath tag tags label labels theme themes node nodes nodename
        hierarchicalname codesappliedcombined codesapplied category categories
    """),
    Meaning.CODER: words_of("""
        coder codedby coderinitials codername user username author authormodifiedby autorbearbeitetvon createdby
        creator excerptcreator annotator annotatorid coderid raterid rater initials researcher
    """),
    Meaning.MEMO: words_of("memo memos comment comments kommentar note notes remark remarks"),
    Meaning.SPEAKER: words_of("speaker sprecher locuteur hablante interlocutor"),
    Meaning.START: words_of("startposition startoffset startcharacter charstart"),
    Meaning.CONTEXT: BEFORE,
    Meaning.UNIT: words_of("unitid turnid utteranceid sentenceid quotationid excerptid"),
}
_WORD = re.compile(r"[^\W_]+")
_NO_CODES = words_of("zip postal area country language time speaker participant person interviewee respondent")
"""What makes something else of a code or a label: `speaker_label`, `zip code`."""
_CODE_ENDS = ("tag", "tags", "code", "codes", "label", "labels", "theme", "themes")
DEDOOSE = re.compile(r"code:\s*(.+?)\s+applied", re.IGNORECASE)
_DEDOOSE_OTHER = re.compile(r"code:\s*.+\s+(?:weight|range)", re.IGNORECASE)
"""Dedoose has a column for each code, which says whether it is applied."""


def meanings_of(row: Sequence[str], given: Mapping[str, Meaning]) -> dict[int, Meaning]:
    """What each column holds whose head says so, by its place.

    Args:
        given: what the user says, by the head's key.
    """
    found: dict[int, Meaning] = {}
    for place, cell in enumerate(row):
        key = key_of(cell)
        if key in given:
            found[place] = given[key]
        elif DEDOOSE.fullmatch(cell.strip()):
            found[place] = Meaning.FLAG
        elif _DEDOOSE_OTHER.fullmatch(cell.strip()):
            found[place] = Meaning.IGNORE
        else:
            keys = {key, heads_as_known([cell])[0]}
            known = next((meaning for meaning, names in _NAMES.items() if keys & names), None)
            if known or _ends_as_codes(cell):
                found[place] = known or Meaning.CODE
    return found


def _ends_as_codes(head: str) -> bool:
    """Whether a head is one such as `Teacher Tag` or `client_code`."""
    words = [word.casefold() for word in _WORD.findall(head)]
    return len(head) < 40 and bool(words) and words[-1] in _CODE_ENDS and not _NO_CODES & set(words)
