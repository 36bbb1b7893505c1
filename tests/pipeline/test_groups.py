"""Groups: decided by the list of inputs alone, coded in one go, and no transcript takes another with it."""

import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import code_segments, part_of

import pipeline.coding
from pipeline.groups import Batch, Group, batches_of, code_batch, code_group, groups_of
from pipeline.inputs import FAILED, Input, list_inputs
from pipeline.prepare import Failed, Preparer
from pipeline.store import SCHEMAS, Part


def listed(sizes, status=""):
    return [Input(Path(f"{n}.txt"), f"t{n}-0", "", size, status) for n, size in enumerate(sizes)]


@given(st.lists(st.integers(1, 300), max_size=30))
def test_groups_cover_the_inputs_in_order_within_the_limit(sizes):
    inputs = listed(sizes)
    groups = list(groups_of(inputs, 256))
    assert [item for group in groups for item in group.items] == inputs
    for group, after in zip(groups, [*groups[1:], None], strict=False):
        size = sum(item.size for item in group.items)
        assert size <= 256 or len(group.items) == 1
        assert after is None or size + after.items[0].size > 256  # none is smaller than it need be


def test_what_is_not_coded_belongs_to_no_group():
    inputs = listed([1, 1, 1])
    inputs[1].status = FAILED
    ((group),) = groups_of(inputs)
    assert group.items == (inputs[0], inputs[2])
    assert group.name != next(groups_of(listed([1, 1, 1]))).name
    assert list(groups_of(listed([1, 1], FAILED))) == []


def test_what_is_left_to_do_of_groups():
    (group,) = groups_of(listed([1, 1, 1, 1]))
    first, second, third, fourth = group.items
    assert list(batches_of([group], {item.transcript_id for item in group.items}, lambda name: "")) == []
    assert list(batches_of([group], set(), lambda name: "")) == [Batch(group, group.items)]
    coded_in = {first.transcript_id: group.name, third.transcript_id: "another"}
    (batch,) = batches_of([group], coded_in, coded_in.__getitem__)
    assert batch == Batch(group, (second, fourth), (first,))


@pytest.fixture(scope="module")
def prepared(interviews, run_settings):
    preparer = Preparer(run_settings)
    return [preparer.prepare(path) for path in sorted(interviews.iterdir())]


@pytest.fixture(scope="module")
def parts(predictor, prepared):
    return code_group(predictor, "g", prepared)


def same(one, other):
    return all(one.tables[name].cast(SCHEMAS[name]).equals(other.tables[name].cast(SCHEMAS[name])) for name in SCHEMAS)


def test_columns_say_what_objects_say(predictor, prepared, parts):
    for item, part in zip(prepared, parts, strict=True):
        coded, _ = code_segments(predictor, item.coded, item.mentions)
        by_rows = part_of(item.transcript, item.segments, coded, part.notes)
        for name, schema in SCHEMAS.items():
            columns, rows = part.tables[name].cast(schema), by_rows.tables[name]
            assert columns.num_rows and columns.drop_columns(floats(schema)).equals(rows.drop_columns(floats(schema)))
            for column in floats(schema):
                # Alone and in a group, the last digits of a probability may differ.
                one, other = (np.array(table[column].to_pylist(), float) for table in (columns, rows))
                np.testing.assert_allclose(one, other, atol=2e-4)


def floats(schema):
    return [field.name for field in schema if field.type == pa.float64()]


def test_a_transcript_without_participants_in_a_group(predictor, prepared, parts):
    silent = replace(prepared[1], coded=(), mentions=())
    alone, middle, other = code_group(predictor, "g", [prepared[0], silent, prepared[2]])
    assert [len(middle.tables[name]) for name in SCHEMAS] == [1, len(silent.segments), 0, 0, 0]
    assert "no participant was found" in middle.notes["warnings"][-1]
    assert alone.tables["review"].num_rows == parts[0].tables["review"].num_rows
    assert other.tables["attitudes"]["mention"].equals(parts[2].tables["attitudes"]["mention"])


def test_thousands_of_units_go_through_in_pieces(predictor, prepared, parts, monkeypatch):
    monkeypatch.setattr(pipeline.coding, "UNITS_AT_ONCE", 4)
    pieces = code_group(predictor, "g", prepared)
    for one, other in zip(pieces, parts, strict=True):
        assert one.notes == other.notes
        for name in ("themes", "attitudes", "review"):
            assert one.tables[name]["segment_id"].equals(other.tables[name]["segment_id"])
        ours, theirs = (part.tables["themes"]["probability"].to_numpy() for part in (one, other))
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_one_bad_transcript_leaves_the_others(predictor, prepared, parts):
    broken = replace(prepared[1], mentions=prepared[1].mentions[1:])
    gone = Failed("x.txt", "there is no such file")
    results = code_group(predictor, "g", [prepared[0], broken, gone, prepared[2]])
    assert [type(result) for result in results] == [Part, Failed, Failed, Part]
    assert results[1].path == prepared[1].transcript.path and "the program failed on it" in results[1].reason
    assert results[2] is gone
    assert results[3].transcript_id == parts[2].transcript_id


def test_memory_that_runs_out_is_told_as_such_and_freed_before_the_next_try(prepared, predictor):
    """Together it is too much; of the two alone, one is. What a failed call held must be gone when the next one starts."""

    class Held:
        """Stands for a call's tensors."""

    left = []

    class Small:
        model = predictor.model

        def predict(self, units):
            assert [ref() for ref in left if ref() is not None] == []
            held = Held()
            left.append(weakref.ref(held))
            if len(units) > len(prepared[0].coded) or units[0].text == prepared[1].coded[0].text.upper():
                raise MemoryError
            return predictor.predict(units)

    loud = replace(prepared[1].coded[0], text=prepared[1].coded[0].text.upper())
    results = code_group(Small(), "g", [prepared[0], replace(prepared[1], coded=(loud, *prepared[1].coded[1:]))])
    assert [type(result) for result in results] == [Part, Failed] and len(left) == 3
    assert "ran out of memory on it" in results[1].reason


def test_what_was_cut_off_is_counted_for_its_transcript(predictor, prepared):
    item = prepared[1]
    endless = replace(item.coded[0], text="police " * 600)
    changed = replace(item, coded=(endless, *item.coded[1:]), mentions=((), *item.mentions[1:]))
    counts = [part.notes["warnings"] for part in code_group(predictor, "g", [prepared[0], changed])]
    assert counts[0] == [] and counts[1][-1].startswith("1 segments are longer than the model reads")


def test_a_cut_group_is_coded_as_a_whole_again(predictor, prepared, parts, interviews, tmp_path, run_settings):
    (group,) = groups_of(list_inputs([interviews], tmp_path, 10**6))
    group = Group("g", group.items)
    batch = Batch(group, group.items[2:4], (*group.items[:2], group.items[4]))
    asked = []

    def prepare(path):
        asked.append(path)
        return prepared[[item.path for item in group.items].index(path)]

    again = code_batch(predictor, batch, prepared[2:4], prepare)
    assert asked == [item.path for item in batch.beside]
    assert all(same(*pair) for pair in zip(again, parts[2:4], strict=True))
    unreadable = [Failed("x", "no"), Failed("y", "no")]
    assert code_batch(predictor, batch, unreadable, prepare) == unreadable and len(asked) == 3


def test_a_part_can_be_sent_to_another_process(parts):
    import pickle

    sent = pickle.loads(pickle.dumps(parts[0]))
    assert same(sent, parts[0]) and sent.notes == parts[0].notes
