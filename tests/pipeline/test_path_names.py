"""Names with folders in front."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exchange.naming import default_group
from pipeline.path_names import ends_of, ends_with, known_name, names_apart

PARTS = st.lists(st.sampled_from(["a", "call07", "transcript.txt", "Ü b"]), min_size=1, max_size=5)


@given(PARTS, st.booleans())
def test_every_end_of_a_path_is_one(parts, absolute):
    path = Path("/" if absolute else "", *parts)
    ends = ends_of(path)
    assert all(ends_with(path, end) for end in ends)
    assert ends == sorted(ends, key=len) and len(ends) == len(path.parts) - 1


@pytest.mark.parametrize("name", ["", "b/1.txt", "xa/1.txt", "/a/1.txt", "top/a", "x/top/a/1.txt"])
def test_what_is_no_end(name):
    assert not ends_with(Path("top/a/1.txt"), name)


@pytest.mark.parametrize("name", ["1.txt", "a/1.txt", "a\\1.txt", "./a/1.txt", "top/a/1.txt"])
def test_what_is_one(name):
    assert ends_with(Path("top/a/1.txt"), name)


def test_files_of_one_name_are_told_apart_and_grouped_by_their_ids():
    paths = {"talk-0123abcd": "a/talk.txt", "Talk-4567abcd": "b/Talk.txt", "talk-89abcdef": "a/talk.docx"}
    names = names_apart(paths)
    assert list(names.values()) == ["talk (talk-0123abcd).txt", "Talk (Talk-4567abcd).txt", "talk.docx"]
    gold = [known_name(names[ident], ident) for ident in paths]
    assert gold == ["talk-0123abcd", "Talk-4567abcd", "talk.docx"]
    # What comes back from a program that keeps the shown name is of the same group.
    assert [default_group(name) for name in names.values()] == [default_group(name) for name in gold]
    assert default_group("a (b-0123abcd).txt") == "a (b-0123abcd)"
