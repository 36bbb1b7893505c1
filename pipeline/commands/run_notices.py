"""What `themes run` says beside its table: failures and doubts, what a shard has done, what a risk costs."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from models.predict import Predictor
from pipeline.codebook import Codebook
from pipeline.commands.terminal import terminal
from pipeline.errors import UsageError
from pipeline.locks import Shard
from pipeline.plural import told_by_kind
from pipeline.run import RunResult


def tell_failures(result: RunResult, errors: Console) -> None:
    """Name what could not be coded, and tell every doubt about what could."""
    _name_failures(result, errors)
    for warning in result.manifest["warnings"]:
        errors.print(f"themes: warning: {warning}")
    noted = (
        (note["transcript_id"], warning) for note in result.manifest["transcripts"] for warning in note["warnings"]
    )
    for line in told_by_kind(noted, "manifest.json"):
        errors.print(f"themes: warning: {line}")
    counts = result.manifest["counts"]
    if not counts["coded"]:
        errors.print(
            "themes: nothing was coded, for none of the inputs could be. Mend or convert those that are named above "
            "(docs/formats.md says what is read, and from what), then give the same command again"
        )
    elif result.failures:
        errors.print(
            f"themes: {counts['coded']} of {counts['inputs']} inputs coded; the others are named above "
            "and in manifest.json with the reason"
        )


def tell_shard(result: RunResult, shard: Shard, errors: Console) -> None:
    """Name what could not be coded, and say what the shard has done."""
    _name_failures(result, errors)
    coded = result.inputs - len(result.failures)
    said = f"{coded} of {result.inputs} of its transcripts are coded"
    if not result.inputs:
        groups = "1 group" if result.groups == 1 else f"{result.groups} groups"
        said = (
            f"nothing to code. Transcripts are coded in groups of about a megabyte and these make {groups}, "
            f"which is as many shards as have work"
        )
    terminal().print(
        f"shard {shard}: {said}. When all shards are done, the same command without --shard joins them", soft_wrap=True
    )


def check_risk(risk: float | None, predictor: Predictor, wanted: Codebook, errors: Console) -> float:
    """Say what the risk will cost; returns the share that should be coded.

    Raises:
        UsageError: the model cannot know.
    """
    if risk is None:
        return 1.0
    scale = predictor.model.decisions.review
    if not scale.bound:
        raise UsageError(
            "--risk: the model was trained without held-out gold to learn its errors from",
            remedy="train it again, with gold of two groups or more",
        )
    if unasked := len(set(predictor.model.codes) - set(wanted.names)):
        errors.print(
            f"themes: warning: --risk counts errors in all {len(predictor.model.codes)} codes of the model, as it was fitted, "
            f"the {unasked} that --codebook leaves out among them: "
            "segments are left to a human that are sure in the codes asked for",
            soft_wrap=True,
        )
    share = scale.coverage_at(risk)
    if not share:
        errors.print(
            f"themes: warning: at risk {risk:g} every segment is left to a human: on held-out gold no part was coded that well "
            f"(the best: {min(scale.bound):.2f})"
        )
    else:
        errors.print(
            f"themes: at risk {risk:g} about {share:.0%} of the participants' segments should be coded, as on held-out gold, "
            "and the others left to a human"
        )
    return share


def tell_left(counts: Mapping[str, int], risk: float, expected: float, errors: Console) -> None:
    """What the risk came to, beside what was expected of it."""
    segments, left = counts["coded_segments"], counts["for_review"]
    if not segments:
        return
    coded = segments - left
    errors.print(
        f"themes: at risk {risk:g} {coded} of {segments} participant segments ({coded / segments:.0%}) are coded, where about "
        f"{expected:.0%} were expected; {left} are left to a human and carry no code (review.parquet names them)",
        soft_wrap=True,
    )


def _name_failures(result: RunResult, errors: Console) -> None:
    for failure in result.failures:
        errors.print(f"themes: {failure['status']}: {failure['path']}: {failure['reason']}")
