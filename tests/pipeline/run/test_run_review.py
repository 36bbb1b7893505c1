"""What a run leaves to a human."""

import pytest
from run_folders import rows


def test_every_coded_segment_has_its_uncertainty(finished):
    seen = rows(finished[0])
    shares = {}
    for row in seen["themes"]:
        right = row["probability"] if row["assigned"] else 1 - row["probability"]
        shares[row["segment_id"]] = shares.get(row["segment_id"], 1) * right
    assert [row["segment_id"] for row in seen["review"]] == list(shares)  # a row each, in the same order
    for row in seen["review"]:
        assert row["uncertainty"] == pytest.approx(1 - shares[row["segment_id"]], abs=4e-4)
        assert row["review"] is False


def test_a_risk_that_cannot_be_met_leaves_all_segments_to_a_human(go, finished, tmp_path, run_settings):
    result = go(settings=run_settings.model_copy(update={"risk": 0.001}))
    seen, plain = rows(tmp_path / "run"), rows(finished[0])
    assert seen["review"] and all(row["review"] for row in seen["review"])
    assert any(row["assigned"] for row in plain["themes"]) and not any(row["assigned"] for row in seen["themes"])
    counts = result.manifest["counts"]
    assert counts["for_review"] == counts["coded_segments"] == len(seen["review"])
    assert sum(note["for_review"] for note in result.manifest["transcripts"]) == counts["for_review"]
    assert [row["probability"] for row in seen["themes"]] == [row["probability"] for row in plain["themes"]]
    assert seen["attitudes"] == plain["attitudes"]
