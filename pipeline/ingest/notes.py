"""What stands in a transcript and is not speech: stage directions, titles, rulers, the transcriber's marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOTE = re.compile(
    r"\s*(?:[*_]{0,2}(?:\[[^\[\]]*\]|\(\([^()]*\)\)|\([^()]*\)|\{[^{}]*\}|<[^<>]*>)[*_]{0,2}\s*)+[.]?\s*$"
)
_MARK = re.compile(
    r"\s*(?:-{2,}[^-].*-{2,}|={2,}[^=].*={2,}|#{1,6} .*|[-=_*~–—•. ]{3,}|Page \d+(?: (?:of|/) \d+)?)\s*$",
    re.IGNORECASE,
)
_SERVICES = "Rev|Trint|Sonix|Descript|Temi|Happy ?Scribe|Notta|Fireflies|TurboScribe|Amberscript|GoTranscript|Zoom"
_CLOSING = re.compile(
    r"(?:(?:Automatically )?Transcri(?:bed|pt|ption) (?:(?:was )?(?:created|generated|produced|provided|exported) )?"
    rf"(?:by|with|from) (?:https?://|www\.|Otter|(?:{_SERVICES})\b)"
    r"|This transcript was (?:exported|generated) (?:on|by|with|from) \S"
    r"|Sonix (?:is the (?:world['’]s|best way to|leading)|has many features that you['’]d love|uses cutting-edge)\b"
    r"|Automatically convert your \w{2,5} files to text\b"
    r"|Try Sonix (?:for free|today)\b"
    r"|Transcri(?:pt|ption) (?:ended|ends)(?: after [\d:.]+)?\.?$"
    r"|This editable transcript was computer generated"
    r"|Created with .{0,60}\(https?://\S{0,60}\)\.?$"
    r"|\S.{0,60} (?:started|stopped) transcription\.?$"
    r"|(?-i:T(?:ranscribed|RANSCRIBED)|Transcript (?:reviewed|checked|approved)) by\b.{0,80}$"
    r"|\W*(?:start|end|beginning) of (?:the )?(?:interview|transcript|transcription|recording|tape|audio|session)[\W\d]*$"
    r"|\W*(?:interview|transcript|transcription|recording|tape|audio) (?:starts|begins|ends|ended|concludes)(?: at)?[\W\d]*$)",
    re.IGNORECASE,
)
_CLOSING_WORD = re.compile(
    "ranscri|RANSCRI|END|nterview|NTERVIEW|ecording|ECORDING|[Tt]ape|TAPE|udio|UDIO|ession|SESSION|reated with"
    "|Sonix|convert your"
)
"""Without one of these no closing matches: it is quick to look for, and most lines have none."""
_END = re.compile(r"\W*(?:THE )?END\W*$")
_TRANSCRIPT = re.compile(
    r"\W*(?:full )?(?:transcript|transkript|transkription|transcripci[oó]n|transcription|trascrizione|transcrição)\W*$",
    re.IGNORECASE,
)
_MASKED = "[PII]"
"""Stands for words that somebody did say, and that a transcription service has masked."""
_OPENERS = {"[": "]", "(": ")", "{": "}"}
_LONGEST_BRACKETS = 3000
"""Characters of a line above which it is talk, whatever brackets it is in."""
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
    """Whether a line is the transcribing program's or the transcriber's, such as `Transcribed by https://otter.ai`."""
    if len(line) > 300 or not _CLOSING_WORD.search(line):
        return False
    return bool(_CLOSING.match(line.strip()) or _END.match(line))


def is_transcript_heading(line: str) -> bool:
    """Whether a line is the heading that parts a summary from the transcript."""
    return len(line) < 40 and bool(_TRANSCRIPT.match(line))


def title_like(line: str) -> bool:
    """Whether a line looks like a title, a date or a file name and not like somebody's sentence."""
    bare = line.strip()
    return len(bare) < 120 and bare[-1:] not in {".", "?", "!", ",", "…", '"', "”"} and len(bare.split()) <= 14
