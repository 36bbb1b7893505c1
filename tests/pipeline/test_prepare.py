"""Preparing ahead of the model: in order, no further ahead than need be, and with a bounded memory for words."""

import multiprocessing
import threading
import time

import pytest
from toys import VOCABULARY, interview

import pipeline.prepare
from pipeline.errors import ThemesError
from pipeline.prepare import Failed, Preparer, prepare_all


@pytest.mark.parametrize(("workers", "ahead"), [(0, 1), (1, 3)])
def test_batches_come_in_order_and_only_some_are_drawn_ahead(interviews, run_settings, tmp_path, workers, ahead):
    files = [*sorted(interviews.iterdir()), tmp_path / "gone.txt"]
    drawn = []

    def batches():
        for file in files:
            drawn.append(file)
            yield [file]

    results = prepare_all(batches(), Preparer(run_settings), workers)
    first = next(results)
    assert len(drawn) == ahead
    (*others, last) = [first, *results]
    assert [item.transcript.path for (item,) in others] == [str(file) for file in files[:-1]]
    assert isinstance(last[0], Failed) and drawn == files


def test_a_worker_that_is_ended_from_outside_is_told_with_a_remedy(interviews, run_settings):
    """While files are still handed out, which fails otherwise than waiting for results does."""
    before = set(threading.enumerate())

    def batches():
        for number, file in enumerate(sorted(interviews.iterdir())):
            if number == 1:
                for child in multiprocessing.active_children():
                    child.kill()
                deadline = time.monotonic() + 60
                while not set(threading.enumerate()) <= before:  # the pool has not noticed yet
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
            yield [file]

    with pytest.raises(ThemesError, match=r"ended from outside.*fewer --workers"):
        list(prepare_all(batches(), Preparer(run_settings), 1))


def test_a_vocabulary_that_is_edited_meanwhile_changes_nothing(tmp_path, interviews, run_settings, monkeypatch):
    own = tmp_path / "partners.yaml"
    own.write_text(VOCABULARY, encoding="utf-8")
    partners = run_settings.partners.model_copy(update={"vocabulary": own})
    (_, *files) = sorted(interviews.iterdir())
    before = [Preparer(run_settings).prepare(file).mentions for file in files]
    preparer = Preparer(run_settings.model_copy(update={"partners": partners}))
    own.write_text("types: {other: {phrases: [health]}}", encoding="utf-8")
    monkeypatch.setattr(pipeline.prepare, "WORDS_KEPT", -1)  # a new finder for each
    assert [preparer.prepare(file).mentions for file in files] == before
    assert [item.mentions for (item,) in prepare_all(([file] for file in files), preparer, 1)] == before


def test_words_are_forgotten_and_nothing_changes(tmp_path, run_settings, monkeypatch):
    odd = [f"w{number}x{other}" for number in range(30) for other in "abc"]
    for name, words in (("a", odd), ("b", ["council"]), ("c", odd)):
        (tmp_path / f"{name}.txt").write_text(interview(name, " ".join(words)), encoding="utf-8")
    plain = Preparer(run_settings)
    before = [plain.prepare(tmp_path / f"{name}.txt") for name in "abc"]
    monkeypatch.setattr(pipeline.prepare, "WORDS_KEPT", 50)
    forgetful = Preparer(run_settings)
    finders = []
    for name, old in zip("abc", before, strict=True):
        new = forgetful.prepare(tmp_path / f"{name}.txt")
        assert (new.segments, new.mentions) == (old.segments, old.mentions)
        finders.append(forgetful._finder)
    assert finders[0] is not finders[1]  # made anew after the first
    assert forgetful._finder.words_kept < plain._finder.words_kept + 50


def test_the_same_talk_has_the_same_mentions_whatever_the_speakers_rank(tmp_path, run_settings):
    said = interview("x", "The police ring, and we of the police ring the police.").replace(
        "Agency: police", "Rank: {rank}"
    )
    preparer = Preparer(run_settings)
    seen = {}
    for rank in ("PC", "PS", "Insp", "T/Sgt", "Grade 7"):
        file = tmp_path / "one.txt"
        file.write_text(said.format(rank=rank), encoding="utf-8")
        seen[rank] = [mention.text for found in preparer.prepare(file).mentions for mention in found]
    assert all(found == seen["PC"] for found in seen.values()) and seen["PC"] and "police" not in seen["PC"]
