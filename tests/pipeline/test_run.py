"""A run from files to tables: consistent, resumable, and never mixed with another."""

import gc
import json
import os
import random
import resource
import shutil
import signal
import time
import zipfile
from collections import Counter
from functools import partial

import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from toys import CODES, interview, write_interviews

from models.predict import Predictor
from models.saving import load_model
from pipeline.codebook import Codebook
from pipeline.coding import Codings
from pipeline.commands.models import codebook_of
from pipeline.config import RunSettings, SegmentSettings
from pipeline.errors import ThemesError, UsageError
from pipeline.groups import GROUP_BYTES, groups_of
from pipeline.ingest import AttributesTable
from pipeline.locks import Shard
from pipeline.prepare import Prepared
from pipeline.run import RunPlan, run
from pipeline.store import SCHEMAS, Part


@pytest.fixture
def go(tmp_path, predictor, codebook, interviews, run_settings):
    """Run with the tiny model; inputs and settings as wished."""

    def code(*inputs, out="run", progress=lambda *step: None, **options):
        options = {"codebook": codebook, "settings": run_settings} | options
        return run(RunPlan(tuple(inputs) or (interviews,), tmp_path / out, **options), predictor, progress=progress)

    return code


def tables(folder):
    return {name: pq.read_table(folder / f"{name}.parquet") for name in SCHEMAS}


def rows(folder):
    return {name: table.to_pylist() for name, table in tables(folder).items()}


def assert_same(one, other):
    for name, table in tables(one).items():
        assert table.equals(tables(other)[name]), name


@pytest.fixture(scope="module")
def finished(tmp_path_factory, predictor, codebook, interviews, run_settings):
    """One run of the five transcripts; tests leave it as it is."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return out, run(RunPlan((interviews,), out, codebook, run_settings), predictor)


def test_tables_agree_with_one_another(finished):
    out, result = finished
    assert result.exit_status == 0
    seen = rows(out)
    texts = {row["transcript_id"]: row["text"] for row in seen["transcripts"]}
    segments = {row["segment_id"]: row for row in seen["segments"]}
    assert len(texts) == 5 and len(segments) == len(seen["segments"])
    for row in seen["segments"]:
        assert texts[row["transcript_id"]][row["start"] : row["end"]] == row["text"]
        assert row["segment_id"] == f"{row['transcript_id']}:{row['start']}-{row['end']}"
    participants = {name for name, row in segments.items() if row["role"] == "participant"}
    assert participants and len(participants) < len(segments)
    assert Counter(row["segment_id"] for row in seen["themes"]) == dict.fromkeys(participants, len(CODES))
    assert all(0 <= row["probability"] <= 1 for row in seen["themes"])
    assert {row["code"] for row in seen["themes"]} == set(CODES)
    mentions = [row for row in seen["attitudes"] if row["mention"]]
    assert {row["mention"] for row in mentions} >= {"council", "housing"}
    for row in seen["attitudes"]:
        segment = segments[row["segment_id"]]
        shares = {name: row[name] for name in ("negative", "neutral", "positive")}
        assert sum(shares.values()) == pytest.approx(1, abs=2e-4)
        assert shares[row["attitude"]] == max(shares.values())
        if row["mention"] is None:
            assert (row["start"], row["end"], row["partner_type"]) == (None, None, "partnership")
        else:
            assert segment["start"] <= row["start"] < row["end"] <= segment["end"]
            assert texts[segment["transcript_id"]][row["start"] : row["end"]] == row["mention"]
            assert row["partner_type"] != "police"  # the speakers' own agency, from the header


def test_manifest_says_all_that_decides_a_run(finished, predictor, codebook, run_settings):
    out, result = finished
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == result.manifest
    assert manifest["status"] == "complete"
    assert manifest["model"]["sha256"] == predictor.model.sha256
    assert Codebook.model_validate(manifest["codebook"]["content"]) == codebook_of(predictor) == codebook
    assert RunSettings.model_validate(manifest["configuration"]) == run_settings
    assert (manifest["seed"], manifest["device"], manifest["failures"]) == (1, "cpu", [])
    seen = rows(out)
    assert manifest["counts"] == {
        "inputs": 5,
        "coded": 5,
        "failed": 0,
        "duplicate": 0,
        "skipped": 0,
        "segments": len(seen["segments"]),
        "coded_segments": len(seen["themes"]) // len(CODES),
        "words": sum(len(row["text"].split()) for row in seen["segments"]),
        "coded_words": sum(len(row["text"].split()) for row in seen["segments"] if row["role"] == "participant"),
        "mentions": sum(row["mention"] is not None for row in seen["attitudes"]),
        "for_review": 0,
    }


def test_the_same_inputs_give_the_same_tables(go, finished, tmp_path):
    go()
    assert_same(finished[0], tmp_path / "run")


def test_workers_change_nothing(go, finished, tmp_path):
    go(workers=1)
    assert_same(finished[0], tmp_path / "run")


def test_resume_codes_only_what_is_missing(finished, tmp_path, predictor, codebook, interviews, run_settings):
    out = shutil.copytree(finished[0], tmp_path / "run")
    parts = sorted((out / "parts").iterdir())
    shutil.rmtree(parts[1])
    parts[3].rename(parts[3].with_suffix(".tmp"))
    (out / "themes.parquet").unlink()
    coded = []
    result = run(
        RunPlan((interviews,), out, codebook, run_settings),
        predictor,
        progress=lambda done, total, name: coded.append((done, total, name)),
    )
    assert coded == [(4, 5, "2b.txt"), (5, 5, "4d.txt")]
    assert len(result.manifest["resumed"]) == 1
    assert result.manifest["counts"] == finished[1].manifest["counts"]
    assert_same(finished[0], out)


def test_a_run_goes_on_when_inputs_are_added_or_taken_away(go, interviews, tmp_path):
    go(interviews / "1a.txt", interviews / "2b.txt")
    result = go(interviews / "3c.txt", interviews / "1a.txt")
    assert result.manifest["counts"]["coded"] == 2
    assert {entry.name[:2] for entry in (tmp_path / "run" / "parts").iterdir()} == {"1a", "2b", "3c"}
    assert "1 transcript that was coded before, but not given now" in result.manifest["warnings"][0]
    go(interviews / "3c.txt", interviews / "1a.txt", out="fresh")
    assert_same(tmp_path / "fresh", tmp_path / "run")


def test_no_more_is_held_of_many_groups_than_of_few(go, tmp_path, monkeypatch):
    """Of what a transcript is on its way through a run there are never more than two: one is coded, one is written."""
    corpus = write_interviews(tmp_path / "corpus", [f"p{number}" for number in range(9)])
    monkeypatch.setattr("pipeline.run.groups_of", partial(groups_of, group_bytes=1))

    def alive():
        return Counter(type(item).__name__ for item in gc.get_objects() if isinstance(item, (Prepared, Part, Codings)))

    gc.collect()
    before, most, seen = alive(), Counter(), []

    def look(done, total, name):
        nonlocal most
        seen.append(name)
        most |= alive() - before

    assert go(corpus, progress=look).exit_status == 0
    assert len(seen) == 9 and 0 < most["Part"] <= 2 and max(most.values()) <= 2, most


KILLED = 40


def test_killed_at_any_moment_and_resumed(program, tmp_path, predictor, codebook, tiny_model, run_settings):
    corpus = write_interviews(tmp_path / "corpus", [f"p{number}" for number in range(KILLED)])
    for file in corpus.iterdir():  # white space at the end makes it so large that a group is four transcripts
        file.write_text(file.read_text(encoding="utf-8") + " " * (GROUP_BYTES // 4 - 1000), encoding="utf-8")
    out = tmp_path / "killed"
    config = tmp_path / "run.yaml"
    config.write_text(f"partners: {{vocabulary: '{run_settings.partners.vocabulary}'}}\n")
    process = program("run", corpus, "--out", out, "--config", config, "--model", tiny_model, "--device", "cpu")
    try:
        deadline = time.monotonic() + 300
        while not any(out.glob("parts/*")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        moment = random.SystemRandom().uniform(0, 0.4)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        status, _, said = process.wait()
    assert status == -signal.SIGKILL, f"it ended before it was killed: {said}"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    parts = [entry for entry in (out / "parts").iterdir() if entry.suffix != ".tmp"]
    print(f"killed {moment:.3f} s after the first part, with {len(parts)} of {KILLED} parts")
    assert manifest["status"] == "running" and len(parts) < KILLED
    run(RunPlan((corpus,), out, codebook, run_settings), predictor)
    run(RunPlan((corpus,), tmp_path / "undisturbed", codebook, run_settings), predictor)
    assert_same(tmp_path / "undisturbed", out)


def test_killed_while_the_first_manifest_was_written(go, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json.tmp").write_text('{"for')
    assert go().manifest["status"] == "complete"


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"settings": RunSettings(segments=SegmentSettings(max_words=20))}, "configuration"),
        ({"codebook": Codebook.model_validate({"name": "part", "codes": [{"name": "talking_shop"}]})}, "codebook"),
    ],
)
def test_another_run_is_refused_and_overwritten_on_demand(go, tmp_path, interviews, other, what):
    one = interviews / "1a.txt"
    go(one)
    before = rows(tmp_path / "run")
    with pytest.raises(UsageError, match=f"holds a run with another {what}.*--overwrite"):
        go(one, **other)
    assert rows(tmp_path / "run") == before
    go(one, **other, overwrite=True)
    go(one, **other, out="fresh")
    assert_same(tmp_path / "fresh", tmp_path / "run")
    assert rows(tmp_path / "run") != before


@pytest.mark.parametrize("shard", [None, Shard(1, 1)])
def test_a_run_of_other_transcripts_is_refused_before_anything_is_lost(go, tmp_path, interviews, shard):
    go(interviews / "1a.txt", interviews / "2b.txt")
    before = rows(tmp_path / "run"), (tmp_path / "run" / "manifest.json").read_bytes()
    with pytest.raises(
        UsageError, match=r"holds a run of other transcripts \(1a-\w{8} and 1 more\).*--out.*--overwrite"
    ):
        go(interviews / "3c.txt", shard=shard)
    assert (rows(tmp_path / "run"), (tmp_path / "run" / "manifest.json").read_bytes()) == before
    go(interviews / "3c.txt", overwrite=True)
    go(interviews / "3c.txt", out="fresh")
    assert_same(tmp_path / "fresh", tmp_path / "run")


def test_a_file_of_the_same_name_in_another_folder_is_another_one(go, tmp_path):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "interview.txt").write_text(interview(folder), encoding="utf-8")
    go(tmp_path / "first")
    with pytest.raises(UsageError, match="holds a run of other transcripts"):
        go(tmp_path / "second")
    assert go(tmp_path / "first", tmp_path / "second").manifest["warnings"] == []
    (warning,) = go(tmp_path / "second").manifest["warnings"]
    assert warning.startswith(
        "1 transcript that was coded before, but not given now, left out of the tables (interview-"
    )


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_run_is_not_lost_to_inputs_that_cannot_be_read(go, tmp_path, overwrite):
    file = tmp_path / "1a.txt"
    file.write_text(interview("1a"), encoding="utf-8")
    go(file)
    before = rows(tmp_path / "run")
    file.write_text("")
    with pytest.raises(
        UsageError, match=r"none of the inputs can be read: .*1a\.txt: the file is empty.*left as it is"
    ):
        go(file, overwrite=overwrite)
    assert rows(tmp_path / "run") == before


@pytest.mark.parametrize("change", ["content", "name"])
def test_a_transcript_in_another_state_is_no_other_one(go, tmp_path, change):
    file = tmp_path / "1a.txt"
    file.write_text(interview("1a"), encoding="utf-8")
    go(file)
    if change == "name":
        file = file.rename(tmp_path / "first.txt")
    else:
        file.write_text(interview("1a", "And so on."), encoding="utf-8")
    result = go(file)
    assert result.manifest["counts"]["coded"] == 1 and result.manifest["warnings"] == []


def test_overwrite_where_a_report_lies(go, tmp_path, interviews):
    go(interviews / "1a.txt")
    (tmp_path / "run" / "report.html").write_text("old")
    go(interviews / "2b.txt", overwrite=True)
    assert not (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["thesis.docx", "parts/chapter-1/thesis.docx"])
def test_somebody_elses_folder_is_refused_and_left_alone(go, tmp_path, name, overwrite):
    file = tmp_path / "run" / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with pytest.raises(UsageError, match="is not empty and holds no run"):
        go(overwrite=overwrite)
    assert file.read_text() == "mine"


def test_a_run_under_way_is_not_joined(go, tmp_path):
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock"), pytest.raises(ThemesError, match="another run is writing here"):
        go()


def test_a_limit_on_what_may_be_written_is_told_and_the_run_goes_on_without_it(go, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises(
            ThemesError, match=r"a file has become larger than is allowed here.*what was finished is kept"
        ):
            go()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert go().exit_status == 0


def test_out_that_is_a_file(go, tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(ThemesError, match="cannot be written"):
        go()


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


def test_attributes_travel_with_transcripts_and_unused_rows_are_named(go, tmp_path, interviews):
    table = tmp_path / "attributes.csv"
    table.write_text("transcript,speaker,site,rank\n1a,,Docks,\n1a,PC Grey,,constable\nnobody,,Moor,\n")
    result = go(attributes=AttributesTable.read(table))
    seen = {row["transcript_id"][:2]: json.loads(row["attributes"]) for row in rows(tmp_path / "run")["transcripts"]}
    assert (seen["1a"]["site"], seen["1a"]["force"]) == ("Docks", "B")
    assert seen["1a"]["speakers"] == {"PC Grey": {"rank": "constable"}}
    assert "site" not in seen["2b"]
    assert result.manifest["warnings"] == [f"{table}: row 4: no transcript is called 'nobody'"]
    again = go(attributes=AttributesTable.read(table))  # nothing is read again
    assert again.manifest["warnings"] == result.manifest["warnings"]
    table.write_text("transcript,site\n1a,Moor\n")
    with pytest.raises(UsageError, match="other attributes"):
        go(attributes=AttributesTable.read(table))


def test_only_the_wanted_codes_are_reported(go, tmp_path, finished):
    part = Codebook.model_validate({"name": "part", "codes": [{"name": "talking_shop"}, {"name": "effectiveness"}]})
    go(codebook=part)
    some, every = (rows(folder)["themes"] for folder in (tmp_path / "run", finished[0]))
    assert [row["code"] for row in some[:3]] == ["talking_shop", "effectiveness", "talking_shop"]
    assert sorted(map(str, some)) == sorted(str(row) for row in every if row["code"] != "cost_saving")


def test_awkward_texts_keep_their_offsets(go, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    odd = "Ünïcödé 👮🏽‍♀️ said “the council — naïve”, x\u0301y. " + "long " * 300 + "the housing officer."
    (folder / "ödd näme.txt").write_text(
        "\ufeff" + interview("x", odd).replace("\n", "\r\n"), encoding="utf-8", newline=""
    )
    assert go(folder).exit_status == 0
    seen = rows(tmp_path / "run")
    text = seen["transcripts"][0]["text"]
    assert "\r" not in text and "\ufeff" not in text
    assert all(text[row["start"] : row["end"]] == row["text"] for row in seen["segments"])
    assert {"housing officer"} <= {text[row["start"] : row["end"]] for row in seen["attitudes"] if row["mention"]}


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


def test_what_cannot_be_written_is_named(go, tmp_path, interviews):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json.tmp").mkdir()
    with pytest.raises(ThemesError, match=r"manifest\.json\.tmp: cannot be written"):
        go(interviews / "1a.txt")


def test_settings_that_cannot_be_used_leave_the_folder_free(go, tmp_path, run_settings):
    partners = run_settings.partners.model_copy(update={"own_agency": "polise"})
    for workers in (0, 1):
        with pytest.raises(UsageError, match="polise"):
            go(settings=run_settings.model_copy(update={"partners": partners}), workers=workers)
    assert go().exit_status == 0  # with the settings mended, the same folder serves


def test_the_run_folder_is_its_owners_alone(go, tmp_path):
    go()
    assert (tmp_path / "run").stat().st_mode & 0o077 == 0


def test_inputs_without_a_transcript_are_refused(go, tmp_path):
    folder, archive = tmp_path / "nothing", tmp_path / "nothing.zip"
    folder.mkdir()
    with pytest.raises(
        UsageError, match=r"there is no transcript in it \(the formats are .*\.docx.*nothing was written"
    ):
        go(folder)
    (folder / "photo.jpg").touch()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("photo.jpg", b"")
    for given in (folder, archive):
        with pytest.raises(
            UsageError, match=r"in it; passed over: 1 file, .*/photo\.jpg: \.jpg is not a format that is read"
        ):
            go(given)
    assert not (tmp_path / "run").exists()


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


# --- what is left to a human


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


def test_another_risk_is_another_run(go, interviews, run_settings):
    go(interviews / "1a.txt")
    with pytest.raises(UsageError, match="another configuration"):
        go(interviews / "1a.txt", settings=run_settings.model_copy(update={"risk": 0.5}))


def test_a_model_for_one_code_at_most(tiny_model, tmp_path, codebook, interviews, run_settings):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    settings = json.loads((folder / "config.json").read_text())
    settings["decisions"] |= {"labels": "at_most_one"}
    settings["decisions"]["themes"]["thresholds"] = [1.0] * 4
    (folder / "config.json").write_text(json.dumps(settings))
    one = Predictor(load_model(folder), device="cpu")
    result = run(RunPlan((interviews / "1a.txt",), tmp_path / "run", codebook, run_settings), one)
    assert result.exit_status == 0
    given = Counter(row["segment_id"] for row in rows(tmp_path / "run")["themes"] if row["assigned"])
    assert all(count == 1 for count in given.values())
