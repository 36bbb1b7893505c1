"""The summary's counts, by hand, and that transcripts' text is printed as it is."""

import html
import io
import json
import re
import shutil
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipeline.commands.terminal import terminal
from pipeline.errors import ThemesError
from pipeline.exchange.export.columns import about
from pipeline.report import write_report
from pipeline.summary import another_topic, print_summary, shorten, summarise
from pipeline.tables import open_run


def test_counts_by_hand(made_run, codebook):
    summary = summarise(made_run, codebook)
    assert (summary.transcripts, summary.coded_segments, summary.uncoded) == (3, 3, 1)
    seen = [(item.code, item.label, item.theme, item.segments, item.share, item.transcripts) for item in summary.codes]
    assert seen == [
        ("effectiveness", "effectiveness", "way_forward", 2, pytest.approx(2 / 3), 2),
        ("talking_shop", "Talking shop", "doubts", 1, pytest.approx(1 / 3), 1),
        ("cost_saving", "Cost saving", "way_forward", 0, 0.0, 0),
    ]
    assert summary.codes[0].quotation.startswith("The council is <script>")  # the surest of the two
    assert summary.codes[0].source == "PC Grey, 1a"
    assert (summary.codes[2].quotation, summary.codes[2].source) == ("", "")
    partners = [(p.partner_type, p.mentions, p.negative, p.neutral, p.positive) for p in summary.partners]
    assert partners == [("local_authority", 2, 1, 0, 1)]
    as_such = summary.partnership
    assert (as_such.partner_type, as_such.mentions, as_such.negative, as_such.positive) == ("partnership", 2, 1, 1)
    assert (summary.partners[0].unit, as_such.unit) == ("mentions", "segments")
    assert "council" in summary.partners[0].quotation


@pytest.fixture
def run_of_mentions(made_run, tmp_path):
    """The run with these mentions instead of its own: transcript, type of partner, likeliest attitude, probabilities."""

    def make(*mentions):
        run = shutil.copytree(made_run, tmp_path / "mentions")
        segments = [row for row in pq.read_table(run / "segments.parquet").to_pylist() if row["role"] == "participant"]
        place = {row["transcript_id"][:2]: row for row in segments}
        rows = [
            {
                "segment_id": place[name]["segment_id"],
                "start": place[name]["start"],
                "end": place[name]["start"] + 3,
                "mention": "The",
                "partner_type": kind,
                "attitude": attitude,
                **dict(zip(("negative", "neutral", "positive"), shares, strict=True)),
            }
            for name, kind, attitude, shares in sorted(mentions, key=lambda item: item[0])
        ]
        schema = pq.read_schema(run / "attitudes.parquet")
        pq.write_table(pa.Table.from_pylist(rows, schema), run / "attitudes.parquet")
        return run

    return make


def test_opinion_is_told_by_the_likeliest_attitude_and_by_the_mean_probability(run_of_mentions):
    doubtful = (0.4, 0.5, 0.1)
    run = run_of_mentions(
        *[("1a", "police", "neutral", doubtful)] * 2,
        ("1a", "police", "negative", (1.0, 0.0, 0.0)),
        ("2b", "police", "neutral", doubtful),
    )
    (police,) = summarise(run).partners
    assert (police.negative, police.neutral, police.positive) == (1, 3, 0)
    means = (police.mean_negative, police.mean_neutral, police.mean_positive)
    assert means == (pytest.approx(0.55), pytest.approx(0.375), pytest.approx(0.075))


def test_where_most_mentions_come_from_one_transcript_it_is_named(run_of_mentions):
    neutral = ("neutral", (0.0, 1.0, 0.0))
    run = run_of_mentions(
        *[("2b", "police", *neutral)] * 3,
        ("1a", "police", *neutral),
        *[(name, "health", *neutral) for name in ("1a", "2b")],
        ("3c", "housing", *neutral),
    )
    seen = {item.partner_type: item for item in summarise(run).partners}
    assert list(seen) == ["police", "health", "housing"]
    figures = {
        name: (item.mentions, item.transcripts, item.speakers, item.most, item.most_in) for name, item in seen.items()
    }
    assert figures == {"police": (4, 2, 2, 3, "2b"), "health": (2, 2, 2, 1, "1a"), "housing": (1, 1, 1, 1, "3c")}
    # Half is not most, and of a single mention there is nothing to say.
    assert [name for name, item in seen.items() if item.from_one] == ["police"]


def test_tables_of_two_runs_are_refused(run_of_mentions):
    run = run_of_mentions(("1a", "police", "neutral", (0.0, 1.0, 0.0)))
    rows = pq.read_table(run / "attitudes.parquet")
    place = rows.schema.get_field_index("segment_id")
    pq.write_table(rows.set_column(place, "segment_id", pa.array(["other-1:0-9"])), run / "attitudes.parquet")
    with pytest.raises(ThemesError, match="do not belong together"):
        summarise(run)


def test_a_run_that_speaks_of_partnership_alone_names_no_partner(run_of_mentions, capsys):
    run = run_of_mentions(("1a", "partnership", "positive", (0.0, 0.2, 0.8)))
    print_summary(summarise(run), Console(width=200))
    out = capsys.readouterr().out
    assert "Attitude to partnership as such (segments)" in out and "No partner was mentioned." in out


def test_tables_in_pieces_give_the_same_summary_and_report(made_run, codebook, tmp_path, monkeypatch):
    whole = summarise(made_run, codebook), write_report(made_run, tmp_path / "r.html").read_text(encoding="utf-8")
    monkeypatch.setattr("pipeline.tables._BATCH_ROWS", 1)
    pieces = summarise(made_run, codebook), write_report(made_run, tmp_path / "r.html").read_text(encoding="utf-8")
    assert pieces == whole


def test_segments_left_to_a_human_are_not_counted_as_without_a_code(made_run, codebook, tmp_path, capsys):
    run = shutil.copytree(made_run, tmp_path / "run")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["counts"]["for_review"] = 1
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    summary = summarise(run, codebook)
    assert (summary.coded_segments, summary.uncoded, summary.for_review) == (3, 0, 1)
    print_summary(summary, terminal())
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "3 participant segments: 2 coded (0 of these, 0%, without a code), 1 left to a human" in out
        and "share of all" in out
    )
    page = write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<b>1</b>left to a human" in page and "<b>2</b>of them coded (67%)" in page
    assert "<b>0%</b>of those coded without a code" in page and "of all 3, those left to a human included" in page


def test_where_all_is_left_to_a_human_no_share_is_told(made_run, codebook, capsys):
    print_summary(replace(summarise(made_run, codebook), for_review=3, uncoded=0), terminal())
    assert "3 participant segments: 0 coded, 3 left to a human" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("segments", "uncoded", "for_review", "shipped", "asked"),
    [
        (100, 96, 0, False, True),
        (100, 95, 0, False, False),  # the share itself is not under it
        (100, 86, 0, True, True),
        (100, 85, 0, True, False),
        (49, 49, 0, True, False),  # too few to tell
        (100, 50, 50, False, True),
        (100, 0, 100, True, False),
    ],
)
def test_where_hardly_anything_is_coded_the_topic_is_asked_for(
    made_run, codebook, segments, uncoded, for_review, shipped, asked
):
    seen = summarise(made_run, codebook)
    seen = replace(seen, coded_segments=segments, uncoded=uncoded, for_review=for_review)
    told = another_topic(seen, "toy-model", codebook, shipped=shipped)
    assert bool(told) == asked
    if asked:
        coded = segments - for_review
        assert f"{coded - uncoded} of {coded} segments carry a code. Model: toy-model" in told and "your topic?" in told
    assert another_topic(replace(seen, no_codes="none learnt"), "toy-model", codebook, shipped=shipped) == ""


def test_mentions_that_nobody_judged_are_told_as_that(run_without, codebook, tmp_path, capsys):
    run = run_without("attitudes", "partnership")
    print_summary(summarise(run, codebook), terminal())
    told = "The model has learnt no attitudes, and gives none. 2 mentions of partners were found, and not judged."
    assert told in " ".join(capsys.readouterr().out.split())
    page = write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<b>2</b>partner mentions, not judged" in page and told in page and "No partner was mentioned" not in page
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["counts"]["mentions"] = 0
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert "partner mentions" not in write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")


def test_without_a_codebook_codes_have_their_names(made_run):
    item = summarise(made_run).codes[0]
    assert (item.label, item.theme) == ("effectiveness", "")


def test_brackets_and_colons_in_talk_are_no_markup(made_run, codebook, capsys):
    print_summary(summarise(made_run, codebook), terminal())
    out = " ".join(capsys.readouterr().out.split())
    assert "3 transcripts, 3 participant segments, 33% without a code" in out
    assert "[laughs]" in out
    assert "Cost saving" not in out  # never assigned
    print_summary(summarise(made_run, codebook), terminal(stderr=True))
    assert "[laughs]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("unlearnt", "told", "headings"),
    [
        (("attitudes", "partnership"), "The model has learnt no attitudes, and gives none.", ("frequency",)),
        (("attitudes",), "no attitudes to single partners, and gives none.", ("frequency", "as such (segments)")),
        (("partnership",), "not learnt the attitude to partnership as such", ("frequency", "partner type")),
        (
            ("themes",),
            "The model has learnt no codes: it orders segments",
            ("partner type", "as such (segments)"),
        ),
    ],
)
def test_what_was_never_learnt_is_told_in_the_place_of_an_empty_table(
    run_without, codebook, tmp_path, capsys, unlearnt, told, headings
):
    run = run_without(*unlearnt)
    print_summary(summarise(run, codebook), Console(width=200))
    out = capsys.readouterr().out
    assert told in out
    assert [name for name in ("frequency", "partner type", "as such (segments)") if name in out] == list(headings)
    page = html.unescape(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert told in page and "No partner was mentioned" not in page
    assert ("Partnership as such" in page) == ("partnership" not in unlearnt)
    assert told in dict(about(open_run(run)))["Not learnt"]


def test_nothing_is_said_to_be_calibrated_or_fitted_where_no_codes_were_learnt(made_run, run_without, tmp_path):
    def told(run):
        page = write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")
        return page, dict(about(open_run(run)))["Probability"]

    page, probability = told(run_without("themes"))
    assert "held-out gold" not in page and "Threshold" not in page
    assert "not calibrated; only their order means anything" in page
    assert probability.startswith("Not calibrated, and nothing is assigned") and "Only the order" in probability
    page, probability = told(made_run)
    assert "fitted on held-out gold" in page and "calibrated on held-out" in probability


def test_where_nothing_is_assigned_the_report_shows_the_likeliest_of_each_code(run_without, codebook, tmp_path, capsys):
    run = run_without("themes")
    page = html.unescape(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8"))
    shares = re.findall(r"uncalibrated probability (0\.\d\d)", page)
    of_each = [shares[at : at + 3] for at in range(0, len(shares), 3)]
    assert sorted(of_each) == [["0.20", "0.20", "0.10"], ["0.90", "0.70", "0.10"], ["0.95", "0.30", "0.30"]]
    assert "Not assigned to any segment" not in page and "without a code" not in page
    print_summary(summarise(run, codebook), terminal())
    assert "3 participant segments\n" in capsys.readouterr().out


def test_empty_tables_are_not_shown(made_run, codebook, tmp_path, capsys):
    run = shutil.copytree(made_run, tmp_path / "run")
    for name in ("themes", "attitudes"):
        pq.write_table(pq.read_table(run / f"{name}.parquet").slice(0, 0), run / f"{name}.parquet")
    print_summary(summarise(run, codebook), terminal())
    out = capsys.readouterr().out
    assert "No code was assigned to any segment.\nNo partner was mentioned.\n" in out and "frequency" not in out
    assert "Not learnt" not in dict(about(open_run(run)))


def test_long_tables_are_cut(made_run, codebook):
    console = Console(file=io.StringIO(), width=200, markup=False)
    print_summary(summarise(made_run, codebook), console, most=1)
    assert "effectiveness" in console.file.getvalue() and "Talking shop" not in console.file.getvalue()


@pytest.mark.parametrize(
    ("text", "words", "around", "expected"),
    [
        ("one two three", 3, 0, "one two three"),
        ("one two three four", 3, 0, "one two three …"),
        ("a b c d e f g h", 3, 10, "… e f g …"),
        ("a b c d e f g h", 3, 14, "… f g h"),
        ("one\n two\tthree", 5, 0, "one two three"),
        ("", 5, 0, ""),
    ],
)
def test_shorten(text, words, around, expected):
    assert shorten(text, words=words, around=around) == expected
