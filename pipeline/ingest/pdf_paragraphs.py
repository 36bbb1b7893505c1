"""From printed lines to paragraphs: where a line was broken only because the paper ended, it is joined again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.ingest.labels import Style, candidates
from pipeline.ingest.paragraphs import Block, Paragraph
from pipeline.ingest.pdf_lines import WIDE_GAP, Line
from pipeline.ingest.speakers import choose, shape
from pipeline.plural import listed, numbered

_GAP = 1.3
"""Line pitches between two lines above which a paragraph ends."""
_INDENT = 0.8
"""Heights by which a paragraph's first line is set in or out."""
_LARGER = 1.2
"""Times the height of the text above which a short paragraph is a title."""
_TITLE_WORDS = 15
_LONGEST_NAME = 40
_MANY_HYPHENS = 0.03
"""Share of lines with a hyphen at their end above which the words were divided to fill the lines."""
_ENDS = re.compile(r"[.?!:…][\"'”’»)\]]*$")
_HYPHEN = re.compile(r"[^\W\d_]-$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a column is set, in points.

    Attributes:
        left: where most lines begin.
        right: where the longest end.
        pitch: from line to line within a paragraph.
        height: of most letters.
    """

    left: float
    right: float
    pitch: float
    height: float


def paragraphs_of(lines: Sequence[Line]) -> list[Block]:
    """The paragraphs of a document's lines, titles marked as such."""
    settings = {column: _setting([line for line in lines if line.column == column]) for column in (0, 1)}
    lines = [_with_name(line, settings[line.column]) for line in lines]
    breaks = {0} | {
        index
        for index in range(1, len(lines))
        if _breaks(lines[index - 1], lines[index], settings[lines[index].column])
    }
    breaks |= _around_repeated(lines)
    breaks |= _at_labels(lines, breaks)
    divided = _Divided(lines)
    starts = sorted(breaks)
    return [
        _paragraph(lines[start:end], settings[lines[start].column], divided)
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
        if start < end
    ]


def large_type(blocks: Sequence[Block]) -> list[str]:
    """What the user is told of paragraphs that are no talk because they are set larger than the text."""
    texts = [block.text.strip() for block in blocks if isinstance(block, Paragraph) and block.title]
    counts = Counter(block.text.strip() for block in blocks if isinstance(block, Paragraph))
    titles = [text for text in texts if counts[text] == 1]
    if not titles:
        return []
    words = numbered(sum(len(text.split()) for text in titles), "[word|words]")
    shown = listed([f"'{text}'" for text in titles], 3)
    return [f"set in larger type and taken for titles, no talk: {words} ({shown})"]


def _with_name(line: Line, setting: _Setting) -> Line:
    """A line with a name in a column of its own, left of where the text begins, as `Name: text`."""
    start = next((place for place, word in enumerate(line.words) if abs(word[1] - setting.left) < 3), 0)
    name = line.words[:start]
    if not name or line.words[start][1] - name[-1][2] < 0.5 * setting.height:
        return line
    text = " ".join(word[0] for word in name)
    if len(text) > _LONGEST_NAME or text[-1] in ":.,;?!)]" or not any(map(str.isalpha, text)) or not shape(text):
        return line
    last = name[-1]
    return replace(line, words=(*name[:-1], (f"{last[0]}:", *last[1:]), *line.words[start:]))


def _setting(lines: Sequence[Line]) -> _Setting:
    if not lines:
        return _Setting(0, 0, 0, 0)
    height = median(line.height for line in lines)
    rights = sorted(line.right for line in lines)
    gaps = [a.baseline - b.baseline for a, b in pairwise(lines) if a.page == b.page and a.baseline > b.baseline]
    return _Setting(
        left=_left(lines),
        right=rights[-1 - len(rights) // 50],
        pitch=_pitch([gap for gap in gaps if gap > 0.7 * height]),
        height=height,
    )


def _left(lines: Sequence[Line]) -> float:
    """Where the text begins: right of the names, where they have a column of their own."""
    starts = Counter(round(line.left / 3) for line in lines)
    behind: Counter[int] = Counter()
    for line in lines:
        gaps = (b[1] for a, b in pairwise(line.words) if b[1] - a[2] > WIDE_GAP * max(b[4], 1.0))
        behind.update([round(gap / 3) for gap in gaps][:1])
    if behind:
        [(at, count)] = behind.most_common(1)
        if count >= 3 and count + starts[at] >= 0.8 * len(lines):
            return 3.0 * at
    return 3.0 * starts.most_common(1)[0][0]


def _pitch(gaps: Sequence[float]) -> float:
    """The smallest distance between lines that is common; where most paragraphs are a line, theirs is commoner."""
    found = Counter(round(gap) for gap in gaps)
    common = [gap for gap in found if sum(found[gap + near] for near in (-1, 0, 1)) >= 0.1 * len(gaps)]
    return float(min(common, default=0))


def _breaks(before: Line, after: Line, setting: _Setting) -> bool:
    """Whether a paragraph ends between two lines, as far as their places tell."""
    height = max(setting.height, 1.0)
    if abs(before.height - after.height) > 0.15 * height or _fitted(before, after, setting):
        return True
    if None not in (before.face, after.face) and before.face != after.face and _ENDS.search(before.text):
        return True
    if before.page != after.page or before.column != after.column:
        return bool(_ENDS.search(before.text)) and not after.text[:1].islower()
    if before.baseline - after.baseline > _GAP * setting.pitch:
        return True
    moved = after.left - before.left
    outdented = after.left < setting.left - _INDENT * height and moved < -_INDENT * height
    indented = after.left > setting.left + _INDENT * height and moved > _INDENT * height
    return outdented or (indented and before.left > setting.left - _INDENT * height)


def _fitted(before: Line, after: Line, setting: _Setting) -> bool:
    """Whether the next line's first word had room in the line before: then the line was ended on purpose."""
    first = after.words[0]
    space = 0.3 * setting.height
    return before.right + space + (first[2] - first[1]) < setting.right - 0.5 * setting.height


def _around_repeated(lines: Sequence[Line]) -> set[int]:
    """Breaks around short lines that recur as they are: a name above the speech, in lower case too."""
    texts = [line.text for line in lines]
    often = {text for text, count in Counter(texts).items() if count >= 3 and len(text) <= _LONGEST_NAME}
    at = [index for index, text in enumerate(texts) if text in often and shape(text.rstrip(":"))]
    return {place for index in at for place in (index, index + 1) if place < len(lines)}


def _at_labels(lines: Sequence[Line], breaks: set[int]) -> set[int]:
    """Breaks before every line that starts with a speaker's label, and after those that hold nothing else."""
    texts: list[str] = []
    index_of: dict[int, int] = {}
    for index, line in enumerate(lines):
        if index in breaks:
            texts.append("")
        index_of[len(texts)] = index
        texts.append(line.text)
    found: set[int] = set()
    for label in choose(candidates(texts), texts):
        index = index_of[label.line]
        found.add(index)
        if label.style is Style.ALONE or label.speech >= len(texts[label.line]):
            found.add(index + 1)
    return found - {len(lines)}


class _Divided:
    """Tells hyphens that divide a word at a line's end from those that belong to it, by the document's other words."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._words = {word.casefold() for line in lines for word in _WORD.findall(line.text)}
        ending = sum(bool(_HYPHEN.search(line.text)) for line in lines)
        self._many = ending > _MANY_HYPHENS * len(lines)

    def joined(self, before: str, after: str) -> str:
        """Two lines of a paragraph as one."""
        if before.endswith("\u00ad"):
            return before[:-1] + after
        head, tail = re.search(r"[\w-]+-$", before), _WORD.match(after)
        if not _HYPHEN.search(before) or head is None or tail is None:
            return f"{before} {after}"
        whole = (head.group()[:-1] + tail.group()).casefold()
        kept = (head.group() + tail.group()).casefold()
        if not after[:1].islower() or (kept in self._words and whole not in self._words):
            return before + after
        return before[:-1] + after if whole in self._words or self._many else before + after


def _paragraph(lines: Sequence[Line], setting: _Setting, divided: _Divided) -> Paragraph:
    text = ""
    for line in lines:
        text = divided.joined(text, line.text) if text else line.text
    large = median(line.height for line in lines) > _LARGER * setting.height
    text = text.replace("\u00ad", "")
    bold = len(lines) > 1 and all(line.lead.strip() == line.text.strip() for line in lines)
    title = large and len(text.split()) <= _TITLE_WORDS
    return Paragraph(text, text if bold else lines[0].lead, title, all(line.slanted for line in lines))
