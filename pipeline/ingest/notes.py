"""What stands in a transcript and is not speech: stage directions, titles, rulers, the transcriber's marks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_NOTE = re.compile(
    r"\s*(?:[*_]{0,2}(?:\[[^\[\]]*\]|\(\([^()]*\)\)|\([^()]*\)|\{[^{}]*\}|<[^<>]*>)[*_]{0,2}\s*)+[.]?\s*$"
)
_MARK = re.compile(
    r"\s*(?:-{2,}\s*(?-i:[^-\sa-z]).*-{2,}|={2,}[^=].*={2,}|#{1,6} .*|[-=_*~–—•. ]{3,}|Page \d+(?: (?:of|/) \d+)?)\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:Transcri(?:pt|ption) (?:ended|ends)(?: after [\d:.]+)?\.?$"
    r"|(?:Automatically )?Transcribed (?:by|with) (?:https?://|www\.)\S+$"
    r"|This editable transcript was computer generated"
    r"|(?!(?:we|they|he|she|i|you|it|who|nobody|everyone|everybody|somebody|someone)\b)"
    r"(?-i:[A-Z])[\w.,'’-]*(?: (?-i:[A-Z(])[\w.,'’()-]*){0,5} (?-i:started|stopped) transcription$"
    r"|\W*(?:start|end|beginning) of (?:the )?(?:interview|transcript|transcription|recording|tape|audio|session)[\W\d]*$"
    r"|\W*(?:interview|transcript|transcription|recording|tape|audio) (?:starts|begins|ends|ended|concludes)(?: at)?[\W\d]*$)",
    re.IGNORECASE,
)
"""What a program or a transcriber writes wherever a recording begins or ends."""
_NAMED = (
    r"(?:(?-i:[A-Z(])\S*|\d\S*|\S+[.@/]\S{2,}|[-–—&|,]|by|with|from|on|at|in|of|the|and|using|for|ltd|software|services?"
    r"|transcription|edited|checked|reviewed|proofread|approved)"
)
"""A word of a credit: a name, a date, an address, and what joins them."""
_CREDIT = re.compile(
    rf"(?:(?:Automatically )?Transcri(?:bed|pt|ption) "
    r"(?:(?:was )?(?:created|generated|produced|provided|exported|reviewed|checked|approved) )?"
    rf"(?:by|with|from) (?>{_NAMED}(?:\s+|$)){{1,20}}$"
    r"|(?:Automatically )?Transcri(?:bed|pt|ption) .{0,60}(?:https?://|www\.)"
    r"|This transcript was (?:exported|generated) (?:on|by|with|from) \S"
    r"|Sonix (?:is the (?:world['’]s (?:most|best|leading)|best way to (?:convert|transcribe)|leading)"
    r"|has many features that you['’]d love|uses cutting-edge)\b"
    r"|Automatically convert your \w{2,5} files to text\b"
    r"|Try Sonix (?:for free )?today[.!]?$"
    r"|Created with .{0,60}\(https?://\S{0,60}\)\.?$"
    r"|[^\s:][^:]{0,60} (?:started|stopped) transcription\.?$)",
    re.IGNORECASE,
)
"""What a transcription service, or the transcriber, writes at the top or the bottom; in between people may talk of it so."""
_TOP = 15
"""Filled lines at the top among which a credit may stand."""
_CLOSING_WORD = re.compile(
    "ranscri|RANSCRI|END|nterview|NTERVIEW|ecording|ECORDING|[Tt]ape|TAPE|udio|UDIO|ession|SESSION|reated with"
    "|Sonix|convert your"
)
"""Without one of these neither matches: it is quick to look for, and most lines have none."""
_END = re.compile(r"\W*(?:THE )?END\W*$")
_TRANSCRIPT = re.compile(
    r"\W*(?:full )?(?:transcript|transkript|transkription|transcripci[oó]n|transcription|trascrizione|transcrição)\W*$",
    re.IGNORECASE,
)
_MASKED = "[PII]"
"""Stands for words that somebody did say, and that a transcription service has masked."""
_AGREED = (
    r"(?:(?:yes|yeah|yep|no|nope|nah|okay|ok|mm+|m?hm+|uh[- ]?huh|oh|exactly|sure|right|ja|nein|doch|oui|non|sí|si|sim)\b"
    r"[ ,.!?…-]*)"
)
_OF_US = (
    r"(?!.*(?:interview|record|transcri|tape|laugh|pause|sigh))(?:(?-i:I)|we)(?:['’](?:m|ve|d|ll|re))? [^\[\](){}]*"
)
_SAID = re.compile(rf"[\[({{]+(?:{_AGREED}+(?:{_OF_US})?|{_OF_US})[\])}}]+\W*", re.IGNORECASE)
"""Words in brackets that a speaker says, quietly or over somebody else's: `(Yeah.)`, `[We did.]`; notes are about somebody."""
_OPENERS = {"[": "]", "(": ")", "{": "}"}
_LONGEST_BRACKETS = 3000
"""Characters of a line above which it is talk, whatever brackets it is in."""
_LONGEST_SAID = 200
"""Characters in brackets above which it is not asked whether somebody says them."""
_LONGEST_NOTE = 12
"""Lines that a bracketed note may run over; a bracket that closes later was left open by mistake."""


def is_note(line: str) -> bool:
    """Whether a line as a whole is a note (`[phone rings]`), a title (`--Part two--`) or a ruler."""
    if len(line) > _LONGEST_BRACKETS or _MASKED in line:
        return False
    first = line.lstrip()[:1]
    if first in "[({<*_" and _NOTE.match(line):
        return True
    return first in "-=#_*~–—•.Pp " and len(line) < 300 and bool(_MARK.match(line))


def says_nothing(words: str) -> bool:
    """Whether words whose speaker is known are a note as a whole: `[nods]`, `...`.

    `--and so we went--`, `Page 3`, `(Yes.)` and `[We did.]` are somebody's words then, and a title, a foot or a note only where
    they are a line of their own.
    """
    if not is_note(words) or (words.lstrip()[:1] in "-=#Pp" and any(map(str.isalnum, words))):
        return False
    return len(words) > _LONGEST_SAID or not _SAID.fullmatch(words.strip())


def note_end(lines: Sequence[str], index: int) -> int:
    """One past the last line of a bracketed note that opens at `index`; `index` itself if there is none."""
    opener = lines[index].lstrip()[:1]
    closer = _OPENERS.get(opener)
    if closer is None or closer in lines[index]:
        return index
    for end in range(index + 1, min(len(lines), index + _LONGEST_NOTE)):
        line = lines[end]
        if not line.strip() or opener in line:
            return index
        if closer in line:
            return end + 1 if line.rstrip(" .").endswith(closer) else index
    return index


def is_closing(line: str) -> bool:
    """Whether a line says where a recording begins or ends, wherever it stands; a line broken in a sentence begins small."""
    bare = line.strip()
    if len(line) > 300 or bare[:1].islower() or not _CLOSING_WORD.search(line):
        return False
    return bool(_CLOSING.match(bare) or _END.match(line))


def credit_lines(lines: Sequence[str], aside: Collection[int]) -> frozenset[int]:
    """Lines of transcription services and transcribers, at the top and the bottom of the text: `Transcript by Sonix.ai`.

    Args:
        lines: the file.
        aside: lines that are known to be no talk.
    """
    found: set[int] = set()
    filled = [index for index, line in enumerate(lines) if line and not line.isspace()]
    for index in reversed(filled):
        if _is_credit(lines[index]):
            found.add(index)
        elif index not in aside and not is_note(lines[index]) and not is_closing(lines[index]):
            break
    for index in filled[:_TOP]:
        if _is_credit(lines[index]):
            found.add(index)
        elif index not in aside and not title_like(lines[index]):
            break
    return frozenset(found)


def _is_credit(line: str) -> bool:
    return len(line) <= 300 and bool(_CLOSING_WORD.search(line)) and bool(_CREDIT.match(line.strip()))


def is_transcript_heading(line: str) -> bool:
    """Whether a line is the heading that parts a summary from the transcript."""
    return len(line) < 40 and bool(_TRANSCRIPT.match(line))


def title_like(line: str) -> bool:
    """Whether a line looks like a title, a date or a file name and not like somebody's sentence."""
    bare = line.strip()
    return len(bare) < 120 and bare[-1:] not in {".", "?", "!", ",", "…", '"', "”"} and len(bare.split()) <= 14
