"""The run folder: schemas as the design fixes them, parts that are whole or not there, tables in the inputs' order."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import part_of

from pipeline.bundles import TableReader, places_in
from pipeline.errors import ThemesError, UsageError
from pipeline.run_folder import RunFolder
from pipeline.store import SCHEMAS, Part, failure_row
from pipeline.tables import open_run
from pipeline.types import (
    Attitude,
    AttitudeScore,
    CodedSegment,
    Mention,
    Role,
    Segment,
    Stretch,
    ThemeScore,
    Transcript,
    Turn,
)

READ_TABLE = pq.read_table
DESIGN = {
    "transcripts": "transcript_id, path, sha256, format, status, error, text, attributes",
    "segments": "transcript_id, segment_id, turn, speaker, role, start, end, start_time, end_time, text",
    "themes": "segment_id, code, probability, assigned",
    "attitudes": "segment_id, start, end, mention, partner_type, attitude, negative, neutral, positive",
}
TEXT = "Ann: The council is useless."


def part(name: str, *, coded: bool = True) -> Part:
    transcript = Transcript(
        name, f"{name}.txt", "ab" * 32, "txt", TEXT, (Turn("Ann", (Stretch(5, 28, 1.5, 2.5),)),), {"force": "B"}
    )
    segment = Segment(name, f"{name}:5-28", 0, "Ann", Role.PARTICIPANT, 5, 28, TEXT[5:28], "", 1.5, 2.5)
    themes = (ThemeScore("trust", 0.9, True), ThemeScore("money", 0.25, False))
    attitudes = (
        AttitudeScore(None, Attitude.NEUTRAL, 0.25, 0.5, 0.25),
        AttitudeScore(Mention(9, 16, "council", "local_authority"), Attitude.NEGATIVE, 0.75, 0.125, 0.125),
    )
    items = [CodedSegment(segment, themes, attitudes)] if coded else []
    return part_of(transcript, [segment], items, {"transcript_id": name}, f"group of {name}")


def save(folder: RunFolder, *names: str, coded: bool = True) -> None:
    folder.save_parts([part(name, coded=coded) for name in names])


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def test_schemas_are_those_of_the_design(folder):
    save(folder, "a-1")
    folder.join(["a-1"])
    for name, columns in DESIGN.items():
        written = pq.read_schema(folder.path / f"{name}.parquet")
        assert ", ".join(written.names) == columns
        assert written.equals(SCHEMAS[name])
    types = {name: dict(zip(schema.names, schema.types, strict=True)) for name, schema in SCHEMAS.items()}
    assert types["segments"]["start"] == types["attitudes"]["end"] == pa.int64()
    assert types["themes"]["assigned"] == pa.bool_()
    assert {types["themes"]["probability"], types["attitudes"]["neutral"]} == {pa.float64()}


def test_rows_say_what_was_saved(folder):
    save(folder, "a-1")
    folder.join(["a-1"])
    tables = {name: pq.read_table(folder.path / f"{name}.parquet").to_pylist() for name in SCHEMAS}
    assert tables["transcripts"][0]["text"] == TEXT
    assert json.loads(tables["transcripts"][0]["attributes"]) == {"force": "B"}
    assert (tables["segments"][0]["role"], tables["segments"][0]["start_time"]) == ("participant", 1.5)
    assert tables["themes"] == [
        {"segment_id": "a-1:5-28", "code": "trust", "probability": 0.9, "assigned": True},
        {"segment_id": "a-1:5-28", "code": "money", "probability": 0.25, "assigned": False},
    ]
    general, mention = tables["attitudes"]
    assert (general["partner_type"], general["start"], general["end"], general["mention"]) == (
        "partnership",
        None,
        None,
        None,
    )
    assert TEXT[mention["start"] : mention["end"]] == mention["mention"] == "council"
    assert mention["attitude"] == "negative"


@pytest.mark.parametrize(
    "together", [[("b-1",), ("a-1",), ("c-1",)], [("b-1", "a-1", "c-1")], [("c-1", "b-1"), ("a-1",)]]
)
def test_join_follows_the_order_of_the_inputs(folder, together):
    for names in together:
        save(folder, *names)
    failure = failure_row("x.pdf", "failed", "is no text", None)
    folder.join(["c-1", failure, "a-1", "b-1"])
    transcripts = pq.read_table(folder.path / "transcripts.parquet")
    assert transcripts["transcript_id"].to_pylist() == ["c-1", None, "a-1", "b-1"]
    assert transcripts["status"].to_pylist() == ["coded", "failed", "coded", "coded"]
    assert transcripts["error"].to_pylist() == [None, "is no text", None, None]
    themes = pq.read_table(folder.path / "themes.parquet")["segment_id"].to_pylist()
    assert themes == [f"{name}-1:5-28" for name in "ccaabb"]


def test_what_was_coded_together_lies_in_one_folder_and_is_found_one_by_one(folder):
    folder.save_parts([part("a-1"), part("b-1", coded=False), part("c-1")])
    assert len(list(folder.parts.iterdir())) == 1
    again = RunFolder(folder.path)
    assert again.finished() == {"a-1", "b-1", "c-1"}
    assert [again.group_of(name) for name in ("c-1", "a-1")] == ["group of c-1", "group of a-1"]
    assert again.path_of("b-1") == "b-1.txt"
    assert again.notes(["b-1", "a-1"]) == [{"transcript_id": "b-1"}, {"transcript_id": "a-1"}]
    for chosen in (["a-1", "b-1", "c-1"], ["c-1"], ["c-1", "a-1"], ["b-1"]):
        again.join(chosen)
        themes = pq.read_table(folder.path / "themes.parquet")["segment_id"].to_pylist()
        assert themes == [f"{name}:5-28" for name in chosen if name != "b-1" for _ in "12"]


def test_an_order_that_goes_to_and_fro_between_bundles_reads_each_once(folder, monkeypatch):
    first, second = [f"a{number}-1" for number in range(9)], [f"b{number}-1" for number in range(9)]
    for names in (first, second):
        save(folder, *names)
    failure = failure_row("x.pdf", "skipped", "is no text")
    rows = [row for pair in zip(first, second, strict=True) for row in (failure, *pair)]
    read = []
    monkeypatch.setattr(
        "pipeline.bundles.pq.read_table", lambda file, **kw: read.append(file) or READ_TABLE(file, **kw)
    )
    folder.join(rows)
    monkeypatch.undo()
    assert len(read) == len(set(read)) == 2 * len(SCHEMAS)
    themes = pq.read_table(folder.path / "themes.parquet")["segment_id"].to_pylist()
    assert themes == [f"{row}:5-28" for row in rows if isinstance(row, str) for _ in "12"]


def test_a_slice_does_not_keep_its_bundle_in_memory(folder):
    save(folder, *(f"a{number}-1" for number in range(400)))
    (place,) = (place for name, place in places_in(next(folder.parts.iterdir())).items() if name == "a7-1")
    (rows,) = TableReader("segments").rows([place])
    held = sum(
        buffer.size for column in rows.columns for chunk in column.chunks for buffer in chunk.buffers() if buffer
    )
    assert len(rows) == 1 and held < 1000


def test_a_bundle_that_cannot_be_written_leaves_nothing(folder):
    broken = part("b-1")
    broken = Part(broken.transcript_id, broken.group, broken.tables, {"odd": object()}, {})
    with pytest.raises(TypeError):
        folder.save_parts([part("a-1"), broken])
    assert list(folder.parts.iterdir()) == []


def test_a_transcript_that_lies_here_twice_counts_once(folder):
    save(folder, "a-1", "b-1")
    save(folder, "b-1")
    assert folder.finished() == {"a-1", "b-1"}
    folder.join(["a-1", "b-1"])
    assert pq.read_table(folder.path / "transcripts.parquet")["transcript_id"].to_pylist() == ["a-1", "b-1"]


def test_a_transcript_without_participants_has_no_themes(folder):
    save(folder, "a-1", coded=False)
    folder.join(["a-1"])
    assert [len(pq.read_table(folder.path / f"{name}.parquet")) for name in SCHEMAS] == [1, 1, 0, 0, 0]


def test_nothing_to_join_still_makes_tables(folder):
    folder.path.mkdir()
    folder.join([failure_row("x.pdf", "failed", "is no text")])
    assert [len(pq.read_table(folder.path / f"{name}.parquet")) for name in SCHEMAS] == [1, 0, 0, 0, 0]


def test_a_half_written_part_does_not_count_and_is_dropped(folder):
    save(folder, "a-1")
    save(folder, "b-1")
    (folder.parts / "b-1").rename(folder.parts / "b-1.tmp")
    assert folder.finished() == {"a-1"}
    save(folder, "b-1")  # over what the interrupted start left
    assert folder.finished() == {"a-1", "b-1"}
    (folder.parts / "c-1.tmp").mkdir()
    folder.drop_half_written()
    assert sorted(entry.name for entry in folder.parts.iterdir()) == ["a-1", "b-1"]


def test_a_part_that_another_process_finished_meanwhile_stays(folder):
    save(folder, "a-1")
    first = (folder.parts / "a-1" / "themes.parquet").stat().st_ino
    save(folder, "a-1", coded=False)
    assert (folder.parts / "a-1" / "themes.parquet").stat().st_ino == first
    assert [entry.name for entry in folder.parts.iterdir()] == ["a-1"]


def test_long_tables_are_written_and_joined_in_pieces(folder, monkeypatch):
    save(folder, "a-1")
    folder.join(["a-1"])
    whole = {name: pq.read_table(folder.path / f"{name}.parquet") for name in SCHEMAS}
    monkeypatch.setattr("pipeline.bundles.ROW_GROUP", 1)
    save(folder, "b-1")
    save(folder, "c-1", coded=False)
    folder.join(["b-1", "c-1"])
    assert pq.ParquetFile(folder.path / "themes.parquet").metadata.num_row_groups == 2
    for name in ("themes", "attitudes", "review"):
        table = pq.read_table(folder.path / f"{name}.parquet")
        assert table.drop_columns("segment_id").equals(whole[name].drop_columns("segment_id"))


def test_short_transcripts_share_a_row_group_and_large_ones_do_not(folder, monkeypatch):
    names = ["a-1", "b-1", "c-1", "d-1"]
    for name in names:
        save(folder, name)

    def joined(name):
        folder.join(names)
        return pq.ParquetFile(folder.path / f"{name}.parquet").metadata.num_row_groups, pq.read_table(
            folder.path / f"{name}.parquet"
        )

    together = {name: joined(name) for name in SCHEMAS}
    monkeypatch.setattr("pipeline.bundles.TOGETHER", 1)
    for name, (groups, table) in together.items():
        assert groups == 1 and (4, table) == joined(name)


def test_a_part_that_fails_to_be_written_leaves_none(folder, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        save(folder, "a-1")
    assert folder.finished() == set()


def test_clear_removes_a_run_and_nothing_else(folder):
    save(folder, "a-1")
    folder.join(["a-1"])
    folder.write_manifest({"status": "complete"})
    (folder.path / "report.html").write_text("old")
    (folder.path / "my-notes.txt").write_text("mine")
    folder.clear()
    assert [entry.name for entry in folder.path.iterdir()] == ["my-notes.txt"]


def test_clear_leaves_a_folder_without_a_manifest_alone(folder):
    (folder.parts / "somebody's").mkdir(parents=True)
    folder.clear()
    assert (folder.parts / "somebody's").is_dir()


def test_damaged_manifest_says_what_to_do(folder):
    assert folder.manifest() is None
    folder.path.mkdir()
    (folder.path / "manifest.json").write_text('{"status": ')
    with pytest.raises(ThemesError, match=r"is damaged .*--overwrite"):
        folder.manifest()


def _garbled(file):
    content = file.read_bytes()
    file.write_bytes(content[:4] + b"\xff" * (len(content) - 8) + content[-4:])


DAMAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "garbled": _garbled,
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["themes.parquet", "notes.json"])
def test_a_damaged_part_is_named_with_what_to_do(folder, name, damage):
    save(folder, "a-1")
    file = folder.parts / "a-1" / name
    DAMAGES[damage](file)
    with pytest.raises(ThemesError, match=r"is (damaged|missing) \(remove the folder that it lies in") as error:
        folder.join(["a-1"])
        folder.group_of("a-1")
    assert error.value.path == str(file)


def _shorter(file):
    pq.write_table(pq.read_table(file).slice(0, 1), file)


@pytest.mark.parametrize("damage", [*DAMAGES.values(), _shorter])
@pytest.mark.parametrize("names", [("a-1",), ("a-1", "b-1", "c-1")])
def test_a_damaged_bundle_of_one_or_several_is_told(folder, names, damage):
    save(folder, *names)
    damage(next(folder.parts.glob("*/themes.parquet")))
    with pytest.raises(ThemesError, match=r"is (damaged|missing) \(remove the folder that it lies in"):
        folder.join(names)


@pytest.mark.parametrize("content", ["null", "[]", "[1]", '{"group": "g"}', '[{"transcript_id": "a-1", "rows": null}]'])
def test_notes_of_another_form_are_damaged_ones(folder, content):
    save(folder, "a-1")
    (folder.parts / "a-1" / "notes.json").write_text(content)
    with pytest.raises(ThemesError, match=r"notes.json: is damaged \(remove the folder"):
        RunFolder(folder.path).finished()


@pytest.mark.parametrize("damage", ["empty", "cut", "garbled"])
def test_a_damaged_table_is_named_with_what_to_do(folder, damage):
    save(folder, "a-1")
    folder.join(["a-1"])
    folder.write_manifest({"status": "complete"})
    file = folder.path / "themes.parquet"
    DAMAGES[damage](file)
    for read in (lambda run: run.themes(), lambda run: list(run.rows("themes"))):
        with pytest.raises(ThemesError, match=r"is damaged .*give its `themes run` command again") as error:
            read(open_run(folder.path))
        assert error.value.path == str(file)


def test_only_finished_runs_are_opened(folder):
    save(folder, "a-1")
    with pytest.raises(UsageError, match="is not a run folder"):
        open_run(folder.path)
    folder.write_manifest({"status": "running"})
    folder.join(["a-1"])
    with pytest.raises(UsageError, match="not finished"):
        open_run(folder.path)
    folder.write_manifest({"status": "complete"})
    tables = open_run(folder.path)
    assert tables.themes(["code"]).num_rows == 2
    assert [row["mention"] for row in tables.rows("attitudes")] == [None, "council"]
    (folder.path / "themes.parquet").unlink()
    with pytest.raises(UsageError, match="not finished"):
        open_run(folder.path)
