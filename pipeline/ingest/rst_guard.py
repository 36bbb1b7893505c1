"""Keeps docutils from what it does badly: odd line ends, tabs, and paragraphs crammed with markup.

One stand-in character stands for one, so that offsets found in the guarded text hold for the text put back.
"""

from __future__ import annotations

import re

# The stand-ins are non-characters, which no text holds. These docutils would take for line ends, or widen:
_LINE_ENDS = dict(zip(map(ord, "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), range(0xFDD0, 0xFDD8), strict=True))
_TAB = "\ufdd8"
# Markup, of which docutils' time is the square in one paragraph; a `:` before `//` it follows by recursion.
_MARKUP = dict(zip(map(ord, "*`|_[]<\\@:"), range(0xFDD9, 0xFDE3), strict=True))
_COLON = chr(_MARKUP[ord(":")])
_BACK = {stand_in: chr(sign) for signs in (_LINE_ENDS, _MARKUP) for sign, stand_in in signs.items()} | {ord(_TAB): "\t"}

_MANY = 200
"""Signs in one paragraph above which they are not markup that somebody wrote."""
_SIGN = re.compile(r"[*`|_\[\]<\\@]")
_NAME = re.compile(r"\s*\*\*[^*\n]{1,120}\*\*:?")


def guard(text: str) -> str:
    """The text with stand-ins for all that docutils must not see."""
    lines = text.translate(_LINE_ENDS).replace("://", f"{_COLON}//").split("\n")
    text = "\n".join(line[:1] + line[1:].replace("\t", _TAB) for line in lines)
    if len(_SIGN.findall(text)) <= _MANY:
        return text
    return "\n\n".join(map(_plain_if_crammed, text.split("\n\n")))


def unguard(text: str) -> str:
    """The characters that the stand-ins stand for."""
    return text.translate(_BACK)


def _plain_if_crammed(paragraph: str) -> str:
    """A paragraph with too many signs as plain words, but for the bold name at its head."""
    if len(_SIGN.findall(paragraph)) <= _MANY:
        return paragraph
    name = _NAME.match(paragraph)
    start = name.end() if name else 0
    return paragraph[:start] + paragraph[start:].translate(_MARKUP)
