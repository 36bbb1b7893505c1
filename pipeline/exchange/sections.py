"""Facts that a format has no field for, written under headings in its description so that people can read them too.

A text is a head and then paragraphs like `Code when: …`. What is composed is parsed to exactly the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

Facts = Sequence[tuple[str, str]]


def compose(head: str, facts: Facts, headings: Sequence[str]) -> str:
    """The head, then a paragraph for each fact that is not empty.

    Args:
        headings: all that `parse` will look for.
    """
    parts = [_escaped(head, headings)] if head else []
    parts += [f"{heading}: {_escaped(value, headings)}" for heading, value in facts if value]
    return "\n\n".join(parts)


def parse(text: str, headings: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """The head and the facts, in order."""
    start = _start(tuple(headings))
    found = list(start.finditer(text))
    if not found:
        return _plain(text, headings), []
    ends = [match.start() for match in found[1:]] + [len(text)]
    facts = [(match[1], _plain(text[match.end() : end], headings)) for match, end in zip(found, ends, strict=True)]
    return _plain(text[: found[0].start()], headings), facts


@cache
def _start(headings: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:\A|\n\n)({'|'.join(map(re.escape, headings))}): ")


@cache
def _line(headings: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?m)^(\\*)((?:{'|'.join(map(re.escape, headings))}): )")


def _escaped(value: str, headings: Sequence[str]) -> str:
    """A line of the text's own that looks like a heading gets a backslash."""
    return _line(tuple(headings)).sub(r"\1\\\2", value)


def _plain(value: str, headings: Sequence[str]) -> str:
    return _line(tuple(headings)).sub(lambda match: match[1][1:] + match[2], value)
