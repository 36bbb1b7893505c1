"""What a spreadsheet's cell, or XML, cannot hold as it is: the one place that knows which text it is, and what is done about it.

Text that a spreadsheet must not take for a formula: in CSV an apostrophe goes before it, which `unguarded` takes off; in a
workbook the cell is marked as text. Characters that no XML can hold, and so no workbook: others of the same length stand for
them.
"""

from __future__ import annotations

import re

LONGEST_CELL = 32_767
"""Excel's limit, in UTF-16 units."""
FAULTS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
"""What Excel shows for a formula that failed, and is read as nothing; hashtags in capitals are speech."""
_CUT = " … [cut]"
_FORMULA = re.compile(r"[=+\-@\t\r].", re.DOTALL)
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def is_writable(text: str) -> bool:
    """Whether XML can hold each of the characters."""
    return _NO_XML.search(text) is None


def writable(text: str) -> str:
    """The text as XML can hold it, each character at its place."""
    return _NO_XML.sub("\ufffd", text)


def fitting(text: str) -> str:
    """The text as a workbook's cell can hold it: without characters that no XML can hold, and cut where it is too long."""
    clean = writable(text)
    if len(clean) <= LONGEST_CELL // 2:
        return clean
    units = clean.encode("utf-16-le")
    if len(units) // 2 <= LONGEST_CELL:
        return clean
    return units[: 2 * (LONGEST_CELL - len(_CUT))].decode("utf-16-le", "ignore") + _CUT


def as_read(text: str) -> str:
    """What is read of a text from the workbook's cell that it was written to."""
    shown = fitting(text)
    return "" if shown in FAULTS else shown


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula; a sign alone (a dash for none) it takes for text."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """Text for CSV: an apostrophe before what looks like a formula, or would look like guarded text when read back."""
    return f"'{text}" if is_formula_like(text.lstrip("'")) else text


def unguarded(text: str) -> str:
    """The text that was guarded; also where somebody's spreadsheet program kept or dropped the apostrophe."""
    return text[1:] if text[:1] == "'" and is_formula_like(text.lstrip("'")) else text


def for_workbook(text: str) -> tuple[str, bool]:
    """Text for a cell that `unguarded` will read, and whether the cell must be marked as text (`quotePrefix`)."""
    return (guarded(text) if text.startswith("'") else text), is_formula_like(text)
