"""Tables as public corpora have them: several transcripts in one, several coders of one utterance, heads in several words."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from looking import said

from pipeline.errors import NotATranscript, UnreadableInput
from pipeline.ingest import Found, Skipped, discover, identify, read_transcript
from pipeline.ingest.heads import heads_as_known
from pipeline.ingest.several import interviews

HEADS = (
    "transcript_id",
    "utterance_id",
    "interlocutor",
    "timestamp",
    "utterance_text",
    "annotator_id",
    "main_behaviour",
)
ROWS = (
    ("7", "0", "therapist", "00:00:01", "How are you?", "a", "question"),
    ("7", "0", "therapist", "00:00:01", "How are you?", "b", "other"),
    ("7", "1", "client", "00:00:02", "Yes. Yes.", "a", ""),
    ("7", "1", "client", "00:00:02", "Yes. Yes.", "b", ""),
    ("7", "2", "client", "00:00:02", "Yes. Yes.", "a", ""),
    ("9/1", "0", "therapist", "00:00:01", 'So, "so"?', "a", "question"),
    ("9/1", "1", "client", "00:00:04", "#N/A", "a", ""),
)


def as_csv(*rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.csv"
    path.write_bytes(as_csv(HEADS, *ROWS))
    return path


def paths(*given: Path) -> list[Path]:
    return [one.path for one in discover(given) if isinstance(one, Found)]


def test_each_transcript_of_a_table_is_an_input_and_each_utterance_is_said_once(corpus, tmp_path):
    assert paths(corpus) == paths(tmp_path) == [corpus / "7.csv", corpus / "9-1.csv"]
    first, second = map(read_transcript, paths(corpus))
    assert said(first) == [("therapist", ["How are you?"]), ("client", ["Yes. Yes.", "Yes. Yes."])]
    assert said(second) == [("therapist", ['So, "so"?']), ("client", ["#N/A"])]
    assert [s.start_time for turn in first.turns for s in turn.stretches] == [1.0, 2.0, 2.0]
    assert first.transcript_id == identify(corpus / "7.csv")[0] != second.transcript_id
    assert not any("the table holds" in warning for warning in first.warnings)
    assert paths(corpus / "7.csv") == [corpus / "7.csv"]


def test_what_is_imported_is_what_a_run_reads(corpus):
    found = list(interviews(corpus.read_bytes()))
    assert [one.name for one in found] == ["7", "9-1"]
    assert [one.draft.text for one in found] == [read_transcript(path).text for path in paths(corpus)]
    words = [one.draft.text[slice(*place)] for one in found for place in one.places.values()]
    assert words == [row[4] for row in ROWS]


def test_coders_one_after_another_say_nothing_twice(tmp_path):
    talk = [("Ann", "Yes."), ("Ann", "Yes."), ("Bo", "No.")]
    rows = [(coder, *row) for coder in ("x", "y") for row in talk]
    (tmp_path / "a.csv").write_bytes(as_csv(("coder", "speaker", "text"), *rows))
    assert said(read_transcript(tmp_path / "a.csv")) == [("Ann", ["Yes.", "Yes."]), ("Bo", ["No."])]


def test_a_table_that_changes_is_read_anew(corpus):
    old = read_transcript(corpus / "7.csv")
    corpus.write_bytes(
        as_csv(HEADS, *(("7", "0", "client", "1", f"New {number}.", "a", "") for number in range(3)), *ROWS[5:])
    )
    assert read_transcript(corpus / "7.csv").text != old.text
    with pytest.raises(UnreadableInput, match="no such transcript in the table"):
        read_transcript(corpus / "8.csv")


def test_a_row_to_a_transcript_is_a_table_of_answers(tmp_path):
    (tmp_path / "a.csv").write_bytes(
        as_csv(("interview", "speaker", "text"), *((str(n), "P", "So.") for n in range(5)))
    )
    assert paths(tmp_path / "a.csv") == [tmp_path / "a.csv"]


@pytest.mark.parametrize(
    "heads, known",
    [
        (("utterance_text", "SpeakerName", "startTime"), ["text", "speakername", "starttime"]),
        (("utterance_id", "turn number", "conversation_id"), ["utteranceid", "turnnumber", "transcriptid"]),
        (("utterance_speaker", "turn_end_time", "clean text"), ["speaker", "end", "text"]),
        (("speaker_gender", "therapist_input_exists", "response time", "question_text"), None),
    ],
)
def test_heads_in_several_words(heads, known):
    found = heads_as_known(heads)
    assert found == (known or ["speakergender", "therapistinputexists", "responsetime", "questiontext"])


def test_pairs_of_texts_with_labels_are_no_transcript(tmp_path):
    (tmp_path / "train.tsv").write_text("text_a\ttext_b\tlabels\nSo?\tYes.\t0.0\nYes.\tNo.\t3.0\n")
    with pytest.raises(NotATranscript, match="coded units, not a transcript"):
        read_transcript(tmp_path / "train.tsv")
    assert [type(one) for one in discover([tmp_path])] == [Skipped]


def test_annomi_is_93_transcripts(formats: Path):
    path = formats.parent / "annomi" / "annomi_full.csv"
    if not path.is_file():
        pytest.skip("AnnoMI is not beside this checkout")
    found = list(interviews(path.read_bytes()))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [one.name for one in found] == list(dict.fromkeys(row["transcript_id"] for row in rows))
    words = [" ".join(one.draft.text[slice(*place)].split()) for one in found for place in one.places.values()]
    assert words == [" ".join(row["utterance_text"].split()) for row in rows]
    assert len({(one.name, place) for one in found for place in one.places.values()}) == 7538
    assert found[0].draft.columns == {
        "speaker": "interlocutor",
        "speech": "utterance_text",
        "start": "timestamp",
        "turn": "utterance_id",
        "transcript": "transcript_id",
        "coder": "annotator_id",
    }
