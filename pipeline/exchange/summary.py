"""What an import found, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import printable
from pipeline.gold_unit import NOBODY
from pipeline.plural import numbered
from pipeline.types import Coding

_MOST_NAMED = 5


def summary(codings: Sequence[Coding], codes: int, *, segments: bool) -> str:
    """How much was coded, by whom, with what, in how many transcripts.

    Args:
        codes: in the codebook.
        segments: whether the units are segments, and not the stretches that somebody coded.
    """
    units = {coding.unit_id for coding in codings}
    given = {coding.unit_id for coding in codings if coding.codes}
    judged = {coding.unit_id for coding in codings if coding.attitudes}
    bare = len(units - given - judged)
    coders = list(dict.fromkeys(coding.coder for coding in codings))
    named = ", ".join(map(printable, coders[:_MOST_NAMED])) + (" …" if len(coders) > _MOST_NAMED else "")
    by = "a coder who is not named" if coders == [NOBODY] else f"{numbered(len(coders), '[coder|coders]')} ({named})"
    attitudes = sum(len(coding.attitudes or ()) for coding in codings)
    used = len({code for coding in codings for code in coding.codes or ()})
    with_codes = numbered(used, "[code|codes]")
    if codes != used:
        with_codes += f" (of {codes:,} in the codebook)"
    found = [with_codes] * bool(codes) + [numbered(attitudes, "[attitude|attitudes]")] * bool(attitudes)
    what = numbered(len(units), "[segment|segments]") if segments else numbered(len(units), "coded [stretch|stretches]")
    if bare and segments:
        what += f" ({bare} of them read and given nothing)"
    elif bare:
        what = f"{numbered(len(units), '[stretch|stretches]')} of text ({bare} of them read and given nothing)"
    texts = len({coding.transcript for coding in codings})
    return f"{what} in {numbered(texts, '[transcript|transcripts]')}, by {by}" + (
        f", with {' and '.join(found)}" if found else ""
    )
