"""Finding transcripts by the names that gold gives them."""

import pytest

from pipeline.errors import UsageError
from pipeline.ingest import read_transcript
from pipeline.lookup import TranscriptNames, texts_in, transcripts_in


def test_by_name_or_stem(interviews):
    find = transcripts_in(interviews)
    assert find("1a.txt") is find("1a")  # read once
    assert find("1a") == read_transcript(interviews / "1a.txt")
    with pytest.raises(KeyError):
        find("9z.txt")
    with pytest.raises(KeyError):
        transcripts_in(None)("1a")


def test_text_between_offsets(interviews):
    text_of = texts_in(interviews)
    whole = read_transcript(interviews / "2b.txt").text
    start = whole.index("Talk and talk")
    assert text_of("2b", start, start + 13) == "Talk and talk"
    for span in ((5, 5), (9, 3), (-1, 4), (0, len(whole) + 1)):
        with pytest.raises(ValueError, match=f"is not within the transcript's {len(whole)} characters"):
            text_of("2b", *span)


def test_no_folder(tmp_path):
    assert texts_in(None) is None
    with pytest.raises(UsageError, match="is not a folder"):
        texts_in(tmp_path / "nowhere")


def test_a_transcript_that_cannot_be_read(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(UsageError, match=r"a\.txt: the file is empty"):
        texts_in(tmp_path)("a", 0, 1)


def test_two_of_one_name_cannot_be_told_apart(tmp_path):
    for site in ("a", "b"):
        (tmp_path / site).mkdir()
        (tmp_path / site / "1.txt").write_text(f"P1: We met at {site}.\n")
    (tmp_path / "1.png").write_bytes(b"no transcript")
    with pytest.raises(UsageError, match=r"'1' is also .*b/1\.txt"):
        texts_in(tmp_path)("1", 0, 2)


def test_names_of_a_runs_transcripts():
    names = TranscriptNames([("i1-aa", "x/i1.txt"), ("i1-bb", "x/i1.docx"), ("i2-cc", "y/i2.v2.txt"), ("b-dd", "b")])
    for name, ident in (("i1-bb", "i1-bb"), ("i1.txt", "i1-aa"), ("i2.v2", "i2-cc"), ("b", "b-dd")):
        assert names.find(name) == ident
    with pytest.raises(UsageError, match=r"'i1' is x/i1.txt as well as x/i1.docx.*i1-aa, i1-bb"):
        names.find("i1")
    with pytest.raises(KeyError):
        names.find("i3")


def test_an_ids_own_name_comes_before_a_file_of_that_name():
    assert TranscriptNames([("one", "a.txt"), ("two", "one")]).find("one") == "one"


@pytest.mark.parametrize("name", ["b/1.txt", "b\\1.txt"])
def test_the_folder_in_front_tells_two_of_one_name_apart(tmp_path, name):
    for site in ("a", "b"):
        (tmp_path / site).mkdir()
        (tmp_path / site / "1.txt").write_text(f"P1: We met at {site}.\n")
    find = transcripts_in(tmp_path)
    assert find(name).path == str(tmp_path / "b" / "1.txt")
    assert find(str(tmp_path / "a" / "1.txt")).path == str(tmp_path / "a" / "1.txt")
    with pytest.raises(KeyError):
        find("c/1.txt")
    with pytest.raises(UsageError, match="put the folder in front"):
        find("1.txt")
    names = TranscriptNames([("1-aa", "x/a/1.txt"), ("1-bb", "x/b/1.txt")])
    assert (names.find(name), names.find("x/a/1.txt")) == ("1-bb", "1-aa")
    with pytest.raises(KeyError):
        names.find("y/a/1.txt")
