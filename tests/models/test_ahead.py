"""Items prepared in a thread: the same items, the same errors, no thread left behind."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ahead import ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


@given(st.lists(st.integers() | st.none(), max_size=20), st.integers(1, 4))
def test_the_same_items_in_order(items, depth):
    assert list(ahead(iter(items), depth)) == items
    assert not threads()


def test_few_wait():
    made = []

    def items():
        for number in range(100):
            made.append(number)
            yield number

    for number in ahead(items(), 3):
        time.sleep(0.001)
        assert len(made) <= number + 6  # this one, three that wait, one in the making, one just asked for
    assert made == list(range(100))


def test_an_error_comes_where_its_item_would():
    def items():
        yield 1
        raise KeyError("second")

    found = ahead(items(), 2)
    assert next(found) == 1
    with pytest.raises(KeyError, match="second"):
        next(found)
    assert not threads()


def test_giving_up_ends_the_thread():
    found = ahead(iter(range(1000)), 2)
    next(found)
    assert threads()
    found.close()
    assert not threads()
