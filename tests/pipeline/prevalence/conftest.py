"""A run of 16 interviews made by hand, by a machine that misses a third and errs more with sergeants; and the truth."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import CODES

from pipeline.store import ATTITUDES, REVIEW, SCHEMAS, SEGMENTS, THEMES, TRANSCRIPTS

INTERVIEWS, EACH = 16, 15
SAID = "=SUM(A1) café {}-{}"


def _write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS[name]), folder / f"{name}.parquet")


@pytest.fixture(scope="session")
def truth():
    """Codes of each segment (id to codes), shares 0.3, 0.15 and none at all."""
    rng = np.random.default_rng(5)
    drawn = rng.random((INTERVIEWS * EACH, 3)) < (0.3, 0.15, 0.0)
    ids = [f"t{t:02}:{10 + 100 * s}-{20 + 100 * s}" for t in range(INTERVIEWS) for s in range(EACH)]
    return {
        name: {code for code, has in zip(CODES, row, strict=True) if has} for name, row in zip(ids, drawn, strict=True)
    }


@pytest.fixture(scope="session")
def biased_run(tmp_path_factory, truth) -> Path:
    folder = tmp_path_factory.mktemp("biased")
    rng = np.random.default_rng(6)
    transcripts, segments, themes, attitudes, review = [], [], [], [], []
    for t in range(INTERVIEWS):
        attributes = {"rank": "sergeant" if t % 2 else "constable", "speakers": {"B": {"gender": "female"}}}
        head = {"transcript_id": f"t{t:02}", "path": f"in/i{t:02}.txt", "status": "coded"}
        transcripts.append(head | {"text": "x" * 2000, "attributes": json.dumps(attributes)})
        for s in range(EACH):
            start, end = 10 + 100 * s, 20 + 100 * s
            name = f"t{t:02}:{start}-{end}"
            place = {"transcript_id": f"t{t:02}", "turn": 2 * s + 1, "start": start, "end": end}
            asked = place | {"segment_id": f"q{name}", "role": "interviewer", "start": start - 9, "end": start - 1}
            segments.append(
                asked | {"turn": 2 * s, "speaker": "I", "text": f"-and what of it then, as you see it, {s}?"}
            )
            speaker = "B" if s % 2 else "A"
            segments.append(
                place | {"segment_id": name, "speaker": speaker, "role": "participant", "text": SAID.format(t, s)}
            )
            for code in CODES:
                has = code in truth[name]
                given = rng.random() < ((0.65 if has else 0.05) if t % 2 else (0.8 if has else 0.2))
                probability = float(rng.uniform(0.5, 0.9) if given else rng.uniform(0.0, 0.4))
                themes.append({"segment_id": name, "code": code, "probability": probability, "assigned": bool(given)})
            review.append({"segment_id": name, "uncertainty": float(rng.random()), "review": False})
            if s % 3 == 0:
                shares = {"attitude": "positive", "negative": 0.1, "neutral": 0.2, "positive": 0.7}
                at = {"segment_id": name, "start": start, "end": start + 4, "mention": "=SUM"}
                attitudes.append(at | {"partner_type": "council"} | shares)
                attitudes.append({"segment_id": name, "partner_type": "partnership"} | shares)
    for name, rows in zip(
        (TRANSCRIPTS, SEGMENTS, THEMES, ATTITUDES, REVIEW),
        (transcripts, segments, themes, attitudes, review),
        strict=True,
    ):
        _write(folder, name, rows)
    codes = [{"name": code, "definition": "d", "label": code.title()} for code in CODES]
    content = {"name": "toy", "themes": [{"name": "all", "codes": codes}]}
    manifest = {"status": "complete", "codebook": {"codes": list(CODES), "content": content}, "model": {"sha256": "ab"}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def population(biased_run):
    from pipeline.prevalence.population import load_population

    return load_population(biased_run)
