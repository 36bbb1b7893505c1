"""The tables of one transcript, made column by column from the model's arrays: nothing is done row by row but strings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat

import numpy as np
import pyarrow as pa

from models.decisions import ATTITUDES as ATTITUDE_NAMES
from pipeline.coding import Codings, likeliest, rounded
from pipeline.store import ATTITUDES, REVIEW, SCHEMAS, SEGMENTS, TRANSCRIPTS, transcript_row
from pipeline.types import PARTNERSHIP, Mention, Segment, Transcript


def transcript_table(transcript: Transcript) -> pa.Table:
    """The transcript's one row."""
    return pa.Table.from_pylist([transcript_row(transcript)], schema=SCHEMAS[TRANSCRIPTS])


def segment_table(segments: Sequence[Segment]) -> pa.Table:
    """Segments of every role."""
    rows = {name: [getattr(segment, name) for segment in segments] for name in SCHEMAS[SEGMENTS].names}
    rows["role"] = [segment.role.value for segment in segments]
    return pa.table(rows, schema=SCHEMAS[SEGMENTS])


def theme_table(segments: Sequence[Segment], codings: Codings) -> pa.Table:
    """A row for each coded segment and code; ids as a dictionary, which is cast to plain text when it is written."""
    codes = len(codings.codes)
    row = np.repeat(np.arange(len(segments), dtype=np.int32), codes)
    label = np.tile(np.arange(codes, dtype=np.int32), len(segments))
    columns = {
        "segment_id": pa.DictionaryArray.from_arrays(row, _ids(segments)),
        "code": pa.DictionaryArray.from_arrays(label, pa.array(codings.codes, pa.string())),
        "probability": rounded(codings.themes).ravel(),
        "assigned": codings.assigned.ravel(),
    }
    return pa.table(columns)


def review_table(segments: Sequence[Segment], codings: Codings) -> pa.Table:
    """A row for each coded segment: how uncertain its coding is, and whether it is left to a human."""
    columns = {"segment_id": _ids(segments), "uncertainty": rounded(codings.uncertainty), "review": codings.review}
    return pa.table(columns, schema=SCHEMAS[REVIEW])


def attitude_table(segments: Sequence[Segment], mentions: Sequence[Sequence[Mention]], codings: Codings) -> pa.Table:
    """A row for each mention, and one without offsets, before them, for partnership as such."""
    general = np.flatnonzero(codings.present)
    named = [] if codings.attitudes is None else list(chain.from_iterable(mentions))
    counts = [len(found) for found in mentions] if named else []
    owner = np.concatenate([general, np.repeat(np.arange(len(counts)), counts)]).astype(np.int64)
    probabilities = codings.partnership[general]
    if named:
        probabilities = np.concatenate([probabilities, codings.attitudes])
    none = [None] * len(general)
    order = np.argsort(owner, kind="stable")
    shares = rounded(probabilities)
    columns = {
        "segment_id": _ids(segments).take(owner),
        "start": [*none, *(mention.start for mention in named)],
        "end": [*none, *(mention.end for mention in named)],
        "mention": [*none, *(mention.text for mention in named)],
        "partner_type": [*repeat(PARTNERSHIP, len(general)), *(mention.partner_type for mention in named)],
        "attitude": pa.array(ATTITUDE_NAMES, pa.string()).take(likeliest(probabilities)),
        **{name: shares[:, column].copy() for column, name in enumerate(ATTITUDE_NAMES)},
    }
    return pa.table(columns, schema=SCHEMAS[ATTITUDES]).take(order)


def _ids(segments: Sequence[Segment]) -> pa.Array:
    return pa.array([segment.segment_id for segment in segments], pa.string())
