"""Web pages: names that are set off, tables, charsets; and what a browser would not show."""

from __future__ import annotations

import html as standard
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import said, turns_by_speaker

from pipeline.errors import UnreadableInput
from pipeline.ingest import html, read_transcript

TALK = [("Anna Lee", "Hi, you?"), ("Ben Ray", "It’s so & so.")] * 2


def page(form: str) -> str:
    return "".join(form.format(name=name, words=standard.escape(words)) for name, words in TALK)


@pytest.mark.parametrize(
    "form",
    [
        "<p><b>{name}</b>:\t{words}</p>\n<p>&nbsp;</p>",
        "<p><strong>{name}:</strong> {words}",
        "<p><strong>{name}</strong> {words}",
        "<cite>{name}:</cite>\n<time>0:01</time>\n<p>{words}</p>\n",
        '<div class="turn"><span class="speaker">{name}</span> <p>{words}</p></div>',
        "<dt>{name}</dt><dd>{words}</dd>",
        "<h3>{name}</h3><p>{words}</p>",
        "<table><tr><td>{name}: {words}</td></tr></table>",
        '<p><span style="font-weight: bold">{name}</span><br>\n{words}<br></p>',
        "{name}: {words}<br><br>",
    ],
)
def test_conventions(read, form):
    transcript = read("<html><head><title>Anna: no</title></head><h1>A talk</h1>" + page(form), "a.html")
    assert [(speaker, " ".join(parts)) for speaker, parts in said(transcript)] == TALK
    if "time" in form:
        assert transcript.turns[1].stretches[0].start_time == 1.0


def test_a_table_of_turns(read):
    rows = "".join(f"<tr><td>0:0{n}</td><td>{name}</td><td>{words}</td></tr>" for n, (name, words) in enumerate(TALK))
    transcript = read(f"<table><tr><th>Time</th><th>Speaker</th><th>Text</th></tr>{rows}</table>", "a.html")
    assert [(speaker, " ".join(parts)) for speaker, parts in said(transcript)] == TALK
    assert transcript.turns[3].stretches[0].start_time == 3.0


def test_what_is_not_shown_is_not_read(read):
    junk = (
        "<script>alert('Anna Lee: no')</script><style>p {color: red}</style><!-- Ben Ray: no --><nav>Home</nav>"
        '<p hidden>Anna Lee: no</p><div style="display:none"><p>Ben Ray: no</p></div><iframe src="x">no</iframe>'
    )
    transcript = read("<html>" + page("<p>{name}: {words}</p>" + junk), "a.html")
    assert [(speaker, " ".join(parts)) for speaker, parts in said(transcript)] == TALK
    assert "no" not in transcript.text.split() and "alert" not in transcript.text


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("declared", ["", '<meta charset="{}">', '<meta http-equiv=x content="text/html; charset={}">'])
def test_charsets(read, codec, declared):
    source = "<html>" + declared.format(codec) + page("<p>{name}: {words}</p>")
    assert said(read(source.encode(codec), "a.htm"))[1] == ("Ben Ray", ["It’s so & so."])


def test_no_entity_is_read_from_outside(read, tmp_path):
    (tmp_path / "secret").write_text("secret words")
    head = f'<!DOCTYPE html [<!ENTITY f SYSTEM "{(tmp_path / "secret").as_uri()}"><!ENTITY a "haha">]>'
    transcript = read(head + "<html>" + page("<p>{name}: {words} &f; &a;&a;</p>"), "a.html")
    assert "secret words" not in transcript.text and "haha" not in transcript.text.split("]>")[-1]


def test_deep_nesting_is_read_or_refused(read):
    deep = "<div>" * 100_000 + "Anna: Hi?" + "</div>" * 100_000
    with pytest.raises(UnreadableInput, match="nested too deep|no words"):
        read("<html>" + deep, "a.html")


@given(
    st.lists(
        st.text("ab <>&\"';\u00e9\u2019\U0001f600", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6
    )
)
@settings(max_examples=60, deadline=None)
def test_every_word_is_read_once(texts):
    source = "<p>x</p>" + "".join(f"<p>{standard.escape(text)}</p>" for text in texts)
    assert html.read(source.encode()).text.split() == ["x", *" ".join(texts).split()]


def test_real_pages(formats: Path):
    counts = {path.stem: turns_by_speaker(read_transcript(path)) for path in (formats / "html").iterdir()}
    assert counts == {
        "podcastindex_example": {"Travis": 5, "Sarah": 2, "Gilon": 3},
        "unix_cherry_cp1252": {"MSM": 67, "Cherry": 67},
        "unix_mcilroy_cp1252": {"MSM": 81, "McIlroy": 82},
        "unix_ritchie_cp1252": {"MSM": 43, "Ritchie": 45},
    }
    cherry = read_transcript(formats / "html" / "unix_cherry_cp1252.htm")
    assert said(cherry)[3] == ("Cherry", ["‘72? ‘73? So that was a job with assembly language Unix"])
