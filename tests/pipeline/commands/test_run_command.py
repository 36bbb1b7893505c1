"""`themes run`: what it says, what it refuses, how it ends."""

import json
import os
import signal
import subprocess
import sys

import pytest
from messages import one_line
from toys import write_interviews


def test_run_report_evaluate(code, themes, interviews, tmp_path):
    status, out, err = code(interviews)
    assert (status, err) == (0, "")
    assert "5 transcripts, 15 participant segments" in out and "Attitude by partner type" in out
    report = tmp_path / "run" / "report.html"
    assert report.is_file()
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["command"].endswith(f" {interviews}")
    again = code(interviews)
    assert (again[0], again[1]) == (0, out)
    status, out, err = code(interviews, "--overwrite")
    assert (status, err) == (0, "")
    status, out, err = themes("report", tmp_path / "run", "--out", tmp_path / "mine.html")
    assert (status, out.strip(), err) == (0, str(tmp_path / "mine.html"), "")
    assert (tmp_path / "mine.html").read_text() == report.read_text()


def test_some_inputs_that_cannot_be_read(code, tmp_path):
    folder = write_interviews(tmp_path / "in", ["1a"])
    (folder / "empty.txt").touch()
    status, out, err = code(folder, tmp_path / "gone.txt")
    assert status == 3 and "1 transcript," in out
    assert f"themes: failed: {folder / 'empty.txt'}: the file is empty" in err
    assert f"themes: failed: {tmp_path / 'gone.txt'}: there is no such file or folder" in err
    assert "1 of 3 inputs coded" in err


def test_no_input_can_be_read(code, tmp_path):
    (tmp_path / "empty.txt").touch()
    status, out, err = code(tmp_path / "gone.txt", tmp_path / "empty.txt")
    assert (status, out) == (3, "") and "nothing was coded" in err and "named above (docs/formats.md" in err
    # The folder is made all the same: its manifest keeps the reasons.
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["failures"]) == 2 and not (tmp_path / "run" / "report.html").exists()


def test_inputs_that_are_not_there_leave_no_run_folder(code, tmp_path):
    status, out, err = code(tmp_path / "gone.txt")
    assert (status, out) == (2, "") and f"{tmp_path / 'gone.txt'}: there is no such file or folder (" in one_line(err)
    assert "nor any other of the 2" in one_line(code("gone.txt", "archive.zip/inside.txt")[2])
    assert not (tmp_path / "run").exists()


def test_attributes_that_fit_nothing_are_told(code, tmp_path, interviews):
    (tmp_path / "a.csv").write_text("transcript,site\nnobody,Moor\n")
    status, _, err = code(interviews / "1a.txt", "--attributes", tmp_path / "a.csv")
    assert status == 0 and "themes: warning: " in err and "no transcript is called 'nobody'" in err


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (("--max-words", "3"), "--max-words 3: must be from 10 to 400"),
        (("--risk", "2"), "--risk 2.0: must lie between 0 and 1, e.g. 0.1"),
        (("--risk", "0"), "--risk 0.0: must lie between 0 and 1"),
        (("--risk", "1"), "--risk 1.0: must lie between 0 and 1"),
        (("--risk", "-0.1"), "--risk -0.1: must lie between 0 and 1"),
        (("--risk", "nan"), "--risk nan: must lie between 0 and 1"),
        (("--attributes", "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("--codebook", "partnership-culture"), "output_orientation and 12 more (train a model"),
        (("--codebook", "nowhere.yaml"), "no such codebook"),
        (("--device", "gpu7"), "--device gpu7: 'gpu7' is no device"),
        (("--model", "nowhere"), "nowhere: no such model"),
        (("--model", "."), "is not a model folder, it lacks"),
        (("--config", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
    ],
)
def test_run_with_what_cannot_be_used(code, monkeypatch, tmp_path, interviews, arguments, fragment):
    monkeypatch.chdir(tmp_path)
    status, out, err = code(interviews, *arguments)
    assert (status, out) == (2, "")
    assert fragment in one_line(err)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_not_a_run(code, tmp_path, interviews):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.docx").touch()
    status, _, err = code(interviews)
    assert status == 2 and "is not empty and holds no run" in one_line(err)


def test_work_that_fails(code, themes, tmp_path, interviews, made_run):
    (tmp_path / "file").touch()
    status, _, err = code(interviews, out="file")
    assert status == 1 and "cannot be written" in one_line(err)
    status, _, err = themes("report", made_run, "--out", tmp_path / "file" / "r.html")
    assert status == 1 and "cannot be written" in one_line(err)
    status, _, err = themes("report", tmp_path / "nowhere")
    assert status == 2 and "is not a run folder" in one_line(err)


def test_a_codebook_that_was_edited_after_training(code, codebook_file, interviews, tmp_path):
    edited = tmp_path / "edited.yaml"
    edited.write_text(codebook_file.read_text().replace("money is saved", "money is spent"))
    for book, told in ((codebook_file, False), (edited, True)):
        status, _, err = code(interviews / "1a.txt", "--codebook", book, out=book.stem)
        assert (status, "defines cost_saving otherwise than the codebook that the model was trained with" in err) == (
            0,
            told,
        )
    assert "money is spent" in (tmp_path / "edited" / "report.html").read_text()


def test_a_warning_that_many_transcripts_share_is_told_a_few_times(code, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(6):
        talk = f"Dan {n}: Tell me of it, case {n}.\n\nParticipant: There is little to tell of it.\n\n" * 3
        (folder / f"t{n}.txt").write_text(talk)
    status, _, err = code(folder)
    assert status == 0 and err.count("is taken as the interviewer") == 3
    assert "themes: warning: 3 more warnings of this kind; manifest.json has them all" in err


def test_a_risk_that_cannot_be_met_is_told(code, tmp_path, interviews):
    status, _, err = code(interviews / "1a.txt", "--risk", "0.001")
    assert status == 0
    assert "themes: warning: at risk 0.001 every segment is left to a human" in " ".join(err.split())
    counts = json.loads((tmp_path / "run" / "manifest.json").read_text())["counts"]
    assert counts["for_review"] == counts["coded_segments"] > 0
    left = counts["for_review"]
    assert (
        f"at risk 0.001 0 of {left} participant segments (0%) are coded, where about 0% were expected; {left} are left"
        in err
    )
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_risk_counts_the_codes_that_were_not_asked_for_and_says_so(code, interviews, tmp_path):
    part = tmp_path / "part.yaml"
    part.write_text("name: part\ncodes: [{name: talking_shop, definition: meetings and talk}]", encoding="utf-8")
    told = "--risk counts errors in all 3 codes of the model, as it was fitted, the 2 that --codebook leaves out"
    for options, said in ((("--codebook", part), True), ((), False)):
        status, _, err = code(interviews / "1a.txt", "--risk", "0.3", *options, out=f"run-{said}")
        assert status == 0 and (told in err) is said


def test_a_run_that_is_hardly_coded_ends_with_a_question(code, interviews, tmp_path, codebook_file, monkeypatch):
    monkeypatch.setattr("pipeline.summary.ENOUGH", 1)
    monkeypatch.setattr("pipeline.summary.HARDLY", 1.01)  # five short transcripts are coded well
    status, _, err = code(interviews)
    assert status == 0 and err.count("Is that your topic?") == 1
    part = tmp_path / "part.yaml"
    part.write_text(
        "name: part\ncodes: [{name: talking_shop, definition: meetings and talk and nothing}]", encoding="utf-8"
    )
    status, _, err = code(interviews, "--codebook", part, "--overwrite")
    assert status == 0 and "topic" not in err  # few of a part of the codes say nothing


def test_a_reader_who_has_seen_enough_fails_no_run(tmp_path, tiny_model, config, interviews):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "pipeline.cli", "run", interviews, "--out", out, "--config", config]
    command += ["--model", tiny_model, "--device", "cpu"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
    assert (out / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["--shard", "4/3"], "--shard 4/3: give number/count"),
        (["--shard", "first"], "--shard first: give number/count"),
        (["--shard", "1/2", "--overwrite"], "--overwrite and --shard"),
        (["--cluster", "local", "--device", "nonsense"], "--device nonsense: with --cluster it is auto, cpu or cuda"),
        (["--cluster", "local", "--workers", "2"], "--workers and --cluster"),
    ],
)
def test_shards_and_clusters_that_cannot_be_used(code, interviews, arguments, fragment):
    status, _, err = code(interviews, *arguments)
    assert status == 2 and fragment in one_line(err)


def test_a_shard_from_the_command_line(code, interviews, tmp_path):
    status, out, _ = code(interviews, "--shard", "1/2")
    assert status == 0 and "shard 1/2: 5 of 5 of its transcripts are coded" in out
    status, out, _ = code(interviews, "--shard", "1/2")
    assert status == 0 and "shard 1/2: 5 of 5 of its transcripts are coded" in out
    status, out, _ = code(interviews, "--shard", "2/2")
    assert status == 0 and "shard 2/2: nothing to code" in out and "make 1 group" in out
    status, out, _ = code(interviews)
    assert status == 0 and "5 transcripts, " in out and (tmp_path / "run" / "themes.parquet").exists()


def test_sigterm_ends_a_run_in_good_order(code, interviews, tmp_path, monkeypatch):
    """What is finished is kept, the locks are free, and the same command goes on; the signal ends programs again afterwards."""

    def end(*_, **__):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as here:
        here.setattr("pipeline.run.code_batch", end)
        status, _, err = code(interviews)
    assert status == 143 and "ended by SIGTERM (what a run or a training has kept is safe" in one_line(err)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert code(interviews)[0] == 0
