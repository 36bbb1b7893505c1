"""What a run makes of its inputs: files, folders, archives, links; the ones that fail are named, the rest is kept."""

import json
import os
import zipfile

from run_folders import finished_in, rows
from toys import interview, write_interviews

from pipeline.ingest import AttributesTable
from pipeline.run import RunPlan, run
from pipeline.run_folder import RunFolder


def test_failures_are_named_and_the_rest_is_kept(go, tmp_path):
    folder = write_interviews(tmp_path / "in", ["1a", "9z"])
    (folder / "copy of 1a.txt").write_bytes((folder / "1a.txt").read_bytes())
    (folder / "empty.txt").touch()
    (folder / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (folder / "table.csv").write_text("tag,description\na,b\n")
    result = go(folder, tmp_path / "gone.txt")
    assert result.exit_status == 3
    counts = {name: result.manifest["counts"][name] for name in ("inputs", "coded", "failed", "duplicate", "skipped")}
    assert counts == {"inputs": 7, "coded": 2, "failed": 3, "duplicate": 1, "skipped": 1}
    seen = {row["path"].rsplit(os.sep, 1)[-1]: row for row in rows(tmp_path / "run")["transcripts"]}
    assert {name: row["status"] for name, row in seen.items()} == {
        "1a.txt": "coded",
        "9z.txt": "coded",
        "copy of 1a.txt": "duplicate",
        "empty.txt": "failed",
        "picture.txt": "failed",
        "table.csv": "skipped",
        "gone.txt": "failed",
    }
    for name, row in seen.items():
        assert (row["error"] is None) == (row["status"] == "coded"), name
    assert seen["1a.txt"]["path"] in seen["copy of 1a.txt"]["error"]
    assert {failure["path"]: failure["reason"] for failure in result.failures} == {
        row["path"]: row["error"] for row in seen.values() if row["error"]
    }


def test_a_label_of_several_roles_is_told(go, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, mark in (("a", "?"), ("b", ".")):
        talk = f"Lee: So you ring them{mark}\nHill: We do ring them, all of them, every day.\nA: Then{mark}\n" * 3
        (folder / f"{name}.txt").write_text(talk)
    (told,) = go(folder).manifest["warnings"]
    assert told.startswith("'Lee' has different roles in the transcripts: interviewer in 1, participant in 1. ")
    assert told.endswith('--config: ingest: {roles: {"Lee": interviewer}}')


def test_skipped_files_alone_do_not_fail_a_run(go, tmp_path):
    folder = write_interviews(tmp_path / "in", ["1a"])
    (folder / "notes.png").touch()
    result = go(folder)
    assert (result.exit_status, [item["status"] for item in result.failures]) == (0, ["skipped"])


def test_an_archive_gives_the_rows_of_its_members_and_resumes(go, tmp_path, interviews):
    archive, attributes = tmp_path / "corpus.zip", tmp_path / "attributes.csv"
    with zipfile.ZipFile(archive, "w") as writer:
        for file in sorted(interviews.iterdir()):
            writer.write(file, f"site/{file.name}")
        writer.writestr("site/broken.docx", b"no document")
        writer.writestr("../out.txt", b"P1: Hello.")
    attributes.write_text("transcript,force\n1a.txt,B\n")
    table = AttributesTable.read(attributes)
    go(interviews, out="plain")
    result = go(archive, interviews, attributes=table, workers=1)
    seen, plain = rows(tmp_path / "run"), rows(tmp_path / "plain")
    assert result.exit_status == 3
    assert {(row["status"], row["path"].removeprefix(f"{archive}/")) for row in seen["transcripts"][:7]} == {
        *(("coded", f"site/{file.name}") for file in interviews.iterdir()),
        ("failed", "site/broken.docx"),
        ("failed", "../out.txt"),
    }
    assert [row["status"] for row in seen["transcripts"][7:]] == ["duplicate"] * 5
    assert (
        next(json.loads(row["attributes"]) for row in seen["transcripts"] if row["path"].endswith("1a.txt"))["force"]
        == "B"
    )
    assert seen["segments"] == plain["segments"] and seen["themes"] == plain["themes"]
    started = result.manifest["started"]
    again = go(archive, interviews, attributes=AttributesTable.read(attributes))
    assert again.manifest["started"] == started and rows(tmp_path / "run") == seen
    assert not (tmp_path / "out.txt").exists()


def test_a_run_beside_its_inputs_does_not_read_itself(tmp_path, predictor, codebook, run_settings):
    write_interviews(tmp_path, ("1a", "2b"))
    plan = RunPlan((tmp_path,), tmp_path / "coded", codebook, run_settings)
    (tmp_path / "coded").mkdir()
    first = run(plan, predictor)
    (tmp_path / "coded" / "report.html").write_text("a report")
    again = run(plan, predictor)
    assert first.manifest["counts"] == again.manifest["counts"]
    assert again.failures == []


def test_a_fault_of_the_program_ends_one_transcript_not_the_batch(go, interviews, monkeypatch):
    import pipeline.prepare

    segment = pipeline.prepare.segment_transcript

    def fails_on_one(transcript, **options):
        if transcript.transcript_id.startswith("3c"):
            raise ZeroDivisionError("by zero")
        return segment(transcript, **options)

    monkeypatch.setattr(pipeline.prepare, "segment_transcript", fails_on_one)
    result = go()
    assert result.exit_status == 3
    (failure,) = result.failures
    assert failure["path"].endswith("3c.txt") and "ZeroDivisionError: by zero" in failure["reason"]
    assert result.manifest["counts"]["coded"] == 4


def test_a_file_that_is_changed_between_listing_and_reading_is_named(go, tmp_path, monkeypatch):
    import pipeline.run

    folder, listing = write_interviews(tmp_path / "in", ("1a", "2b")), pipeline.run.list_inputs

    def edited_afterwards(*arguments):
        inputs = listing(*arguments)
        (folder / "1a.txt").write_text(interview("1a", "One more sentence."), encoding="utf-8")
        return inputs

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.run, "list_inputs", edited_afterwards)
        result = go(folder)
    (failure,) = result.failures
    assert failure["path"].endswith("1a.txt") and "was changed while the run was under way" in failure["reason"]
    assert result.manifest["counts"]["coded"] == 1
    assert go(folder).exit_status == 0


def test_a_transcript_without_participant_is_told(go, tmp_path):
    (tmp_path / "one.txt").write_text("Interviewer: Are you there? Shall we begin?\n\nInterviewer: Hello?\n")
    (note,) = go(tmp_path / "one.txt").manifest["transcripts"]
    assert any("no participant was found" in warning for warning in note["warnings"])


def test_a_link_to_itself_is_named_and_the_rest_is_coded(go, tmp_path):
    folder = write_interviews(tmp_path / "links", ("1a",))
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "round").symlink_to(folder)
    result = go(folder)
    assert result.manifest["counts"]["coded"] == 1
    assert [failure["path"] for failure in result.failures] == [str(folder / "self.txt")]


def test_two_texts_that_get_one_id_are_not_mixed(go, tmp_path, monkeypatch):
    files = [tmp_path / name / "transcript.txt" for name in "ab"]
    for number, file in enumerate(files):
        file.parent.mkdir()
        file.write_text(interview("1a", f"And number {number}."), encoding="utf-8")
    monkeypatch.setattr("pipeline.ingest.reading.transcript_id", lambda stem, sha256: stem)
    result = go(*files)
    (failure,) = result.failures
    assert failure["path"] == str(files[1]) and "gets the same id as another text" in failure["reason"]
    assert result.manifest["counts"]["coded"] == 1


def test_a_part_that_cannot_be_saved_takes_no_other_with_it(go, tmp_path, monkeypatch):
    save = RunFolder.save_parts

    def choosy(self, parts):
        if any(part.transcript_id.startswith("2b") for part in parts):
            raise ValueError("I do not like it")
        save(self, parts)

    monkeypatch.setattr(RunFolder, "save_parts", choosy)
    result = go()
    (failure,) = result.failures
    assert (
        failure["path"].endswith("2b.txt")
        and "the program failed on it (ValueError: I do not like it)" in failure["reason"]
    )
    assert [name[:2] for name in finished_in(tmp_path / "run")] == ["1a", "3c", "4d", "5e"]
    assert result.session.counts["transcripts"] == 4
