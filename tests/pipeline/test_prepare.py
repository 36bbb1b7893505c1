"""Preparing ahead of the model: in order, no further ahead than need be, and with a bounded memory for words."""

import pytest
from toys import interview

import pipeline.prepare
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
