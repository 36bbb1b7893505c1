"""A run one transcript at a time: all of it, in order, on the right words."""

import shutil

import pyarrow.parquet as pq
import pytest

from pipeline.errors import ThemesError
from pipeline.exchange.export.staged import staged_file, staged_folder
from pipeline.exchange.export.stream import attribute_names, names_of, transcripts_of
from pipeline.tables import open_run


def test_every_row_comes_once_and_on_its_words(odd):
    transcripts = list(transcripts_of(odd))
    assert [t.name for t in transcripts] == ["talk (a-talk-01).txt", "talk (b-talk-01).txt", "silent.txt"]
    items = [(t, item) for t in transcripts for item in t.segments]
    assert [item.segment.segment_id for _, item in items] == odd.segments()["segment_id"].to_pylist()
    for transcript, item in items:
        segment = item.segment
        assert transcript.text[segment.start : segment.end] == segment.text
        for score in item.attitudes:
            if score.mention:
                assert transcript.text[score.mention.start : score.mention.end] == score.mention.text
    themes = [(i.segment.segment_id, s.code, s.probability, s.assigned) for _, i in items for s in i.themes]
    assert themes == [tuple(row.values()) for row in odd.themes().to_pylist()]
    assert sum(len(i.attitudes) for _, i in items) == odd.attitudes().num_rows == 4
    assert [i.segment.text for _, i in items if i.review] == ["=SUM(1;2)"]


def test_only_what_was_assigned(odd):
    found = [
        (i.segment.segment_id, s.code)
        for t in transcripts_of(odd, assigned_only=True)
        for i in t.segments
        for s in i.themes
    ]
    assert found == [(row["segment_id"], row["code"]) for row in odd.themes().to_pylist() if row["assigned"]]
    assert len(found) == 4


def test_attributes_of_transcript_and_speaker(odd):
    first = next(transcripts_of(odd))
    assert first.attributes_of("PC Ünal") == {"role": "-", "site": "+44 North", "rank": "PC"}
    assert first.attributes_of("I") == {"role": "-", "site": "+44 North"}
    assert attribute_names(odd) == ["role", "site", "rank"]


def test_the_sample_run_of_other_tests(made_run):
    assert list(names_of(open_run(made_run)).values()) == ["1a.txt", "2b.txt", "3c.txt"]


@pytest.mark.parametrize("table", ["segments", "themes"])
def test_tables_of_different_runs_are_refused(odd_run, tmp_path, table):
    shutil.copytree(odd_run, tmp_path / "run")
    file = tmp_path / "run" / f"{table}.parquet"
    rows = pq.read_table(file)
    column = rows.column_names[0]
    pq.write_table(
        rows.set_column(0, column, [[f"x{name}" for name in rows[column].to_pylist()]]).cast(rows.schema), file
    )
    with pytest.raises(ThemesError, match="do not belong together"):
        list(transcripts_of(open_run(tmp_path / "run")))


def test_nothing_is_left_of_a_failure(tmp_path):
    (tmp_path / "out.txt").write_text("old")
    with pytest.raises(RuntimeError), staged_file(tmp_path / "out.txt") as aside:
        aside.write_text("half")
        raise RuntimeError
    with pytest.raises(RuntimeError), staged_folder(tmp_path / "folder") as folder:
        (folder / "a").write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert (tmp_path / "out.txt").read_text() == "old"


def test_a_folder_keeps_what_is_not_ours(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    (out / "a").write_text("old")
    with staged_folder(out) as folder:
        (folder / "a").write_text("new")
    assert {path.name: path.read_text() for path in out.iterdir()} == {"mine": "mine", "a": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
