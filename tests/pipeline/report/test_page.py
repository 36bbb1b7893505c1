"""The report: one page that needs nothing else, shows what was said, and runs nothing that was said."""

import json
import re
import shutil
from html.parser import HTMLParser

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import ThemesError, UsageError
from pipeline.report import write_report

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, attributes and text; fails where tags are not closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.links, self.texts, self.marked = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        self.handlers = [name for name, _ in attrs if name.startswith("on")]
        assert not self.handlers
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] == "mark":
            self.marked.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def html(made_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    assert write_report(made_run, out) == out
    return out.read_text(encoding="utf-8")


def test_it_parses_and_stands_alone(html):
    page = Page(html)
    assert html.lstrip().startswith("<!doctype html>")
    assert page.tags[0] == "html" and page.links == []
    assert "script" not in page.tags and "link" not in page.tags and "img" not in page.tags
    assert "http://" not in html and "https://" not in html
    assert not re.search(r"url\s*\(|@import", html)
    assert "default-src 'none'" in html


def test_what_was_said_is_text_not_markup(html):
    page = Page(html)
    for said in (
        "<script>alert(1)</script> useless & late. [laughs]",
        "a<b>",
        "<b>odd</b> label",
        "<b>.pdf",
        "is a PDF & no text",
    ):
        assert said in page.text
    assert "<script" not in html and "<b>odd" not in html


def test_quotations_show_the_mention_in_its_place(html):
    page = Page(html)
    assert page.marked == ["council", "council"]
    assert "We like :smile: the <mark>council</mark>, [/inaudible] honest." in html
    assert "What about [/b] <i>meetings</i>?" in page.text  # the question before it


def test_numbers(html):
    text = Page(html).text
    for part in ("3 transcripts coded by the model toy, 2026-01-31", "3participant segments", "33%without a code"):
        assert part in text
    assert "2 (66.7%)" in text and "In 2 of 3 transcripts" in text and "Not assigned to any segment." in text
    assert "1 · 0 · 1" in text and "25%" in text


def test_of_each_partner_whose_mentions_they_are_and_both_ways_to_tell_opinion(html):
    text = Page(html).text
    assert "local authority2 mentions by 2 speakersin 2 of 3 transcripts mean45 · 15 · 40 % likeliest1 · 0 · 1" in text
    assert "alone" not in text  # half of them each


def test_partnership_as_such_stands_apart_with_a_unit_of_its_own(html):
    _, partners, apart = re.split("Attitudes to partners|Partnership as such", Page(html).text)
    assert "partnership" not in partners
    assert "partnership2 segments by 2 speakersin 2 of 3 transcripts" in apart


def test_where_most_mentions_are_of_one_transcript_the_report_says_so(made_run, tmp_path):
    run = shutil.copytree(made_run, tmp_path / "run")
    rows = pq.read_table(run / "attitudes.parquet").to_pylist()
    mentions = [row for row in rows if row["mention"]]
    rows = [mentions[0], mentions[0], mentions[1], {**mentions[1], "partner_type": "police"}]
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(run / "attitudes.parquet")), run / "attitudes.parquet")
    page = Page(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert page.text.count("alone") == 1
    assert "3 mentions by 2 speakersin 2 of 3 transcripts2 of 3 from 1a alone" in page.text
    assert "1 mention by 1 speakerin 1 of 3 transcripts mean" in page.text


def test_attitudes_of_segments_left_to_a_human_are_told_to_count(made_run, tmp_path):
    run = shutil.copytree(made_run, tmp_path / "run")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    page = write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "--risk" not in page
    manifest["counts"]["for_review"] = 2
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = Page(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "flattens opinion. Segments left to a human (2) count here too: --risk is about codes only" in page.text


def test_a_run_without_mentions(made_run, tmp_path):
    run = shutil.copytree(made_run, tmp_path / "run")
    table = pq.read_table(run / "attitudes.parquet")
    pq.write_table(table.slice(0, 0), run / "attitudes.parquet")
    page = Page(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "No partner was mentioned." in page.text and page.marked == []


def test_unfinished_runs_and_places_that_cannot_be_written(made_run, tmp_path):
    with pytest.raises(UsageError, match="is not a run folder"):
        write_report(tmp_path, tmp_path / "r.html")
    (tmp_path / "file").touch()
    with pytest.raises(ThemesError, match="cannot be written"):
        write_report(made_run, tmp_path / "file" / "r.html")


def test_whose_own_agency_is_known(html):
    assert (
        "A speaker's own agency is no partner. Own agency: police (from force) for 3 participants." in Page(html).text
    )
