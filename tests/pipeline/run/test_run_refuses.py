"""Runs are never mixed with one another, nor with somebody else's files; what cannot be written is named."""

import resource
import shutil
import zipfile

import pytest
from filelock import FileLock
from run_folders import assert_same, rows
from toys import interview, write_interviews

from models.loading import load_model
from models.predict import Predictor
from pipeline.codebook import Codebook
from pipeline.config import RunSettings, SegmentSettings
from pipeline.errors import ThemesError, UsageError
from pipeline.locks import Shard
from pipeline.run import RunPlan, run


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


def test_what_is_another_in_the_settings_is_told(go, interviews, run_settings):
    go(interviews / "1a.txt")
    segments = run_settings.segments.model_copy(update={"max_words": 20})
    with pytest.raises(UsageError, match=r"another configuration: max_words: 20, and was 120 \(name another folder"):
        go(interviews / "1a.txt", settings=run_settings.model_copy(update={"segments": segments}))


def test_a_model_whose_folder_has_another_name_is_the_same(
    go, tmp_path, interviews, tiny_model, codebook, run_settings
):
    go(interviews / "1a.txt")
    moved = shutil.copytree(tiny_model, tmp_path / "moved")
    plan = RunPlan((interviews / "1a.txt",), tmp_path / "run", codebook, run_settings)
    assert len(run(plan, Predictor(load_model(moved), device="cpu")).manifest["resumed"]) == 1


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


@pytest.mark.parametrize("inside", ["", "interviews", "interviews/1a.txt"])
def test_inputs_in_the_run_folder_itself_are_refused(go, tmp_path, inside):
    write_interviews(tmp_path / "run" / "interviews", ("1a",))
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with pytest.raises(UsageError, match=r"run: holds the input .*name another folder with --out"):
        go(tmp_path / "link" / inside)
    assert [entry.name for entry in (tmp_path / "run").iterdir()] == ["interviews"]


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


def test_another_risk_is_another_run(go, interviews, run_settings):
    go(interviews / "1a.txt")
    with pytest.raises(UsageError, match="another configuration"):
        go(interviews / "1a.txt", settings=run_settings.model_copy(update={"risk": 0.5}))


def test_overwriting_a_run_leaves_what_lies_beside_it(go, tmp_path, interviews):
    go(interviews / "1a.txt")
    (tmp_path / "run" / "codes.xlsx").write_bytes(b"mine")
    result = go(interviews / "2b.txt", overwrite=True)
    assert result.manifest["status"] == "complete"
    assert (tmp_path / "run" / "codes.xlsx").read_bytes() == b"mine"


def test_a_shard_of_another_version_is_refused_before_its_parts_are_read(go, tmp_path, interviews):
    go(interviews / "1a.txt")
    manifest = tmp_path / "run" / "manifest.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace('"version": "', '"version": "0.0'), encoding="utf-8"
    )
    for notes in (tmp_path / "run" / "parts").glob("*/notes.json"):
        notes.write_text('{"of": "another form"}', encoding="utf-8")
    with pytest.raises(UsageError, match="holds a run with another version"):
        go(interviews / "1a.txt", shard=Shard(1, 2))
