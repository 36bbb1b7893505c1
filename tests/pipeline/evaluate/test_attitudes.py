"""Mentions found, by hand; attitudes by partner type."""

from pipeline.evaluate.attitudes import Marked, Pair, attitude_figures, detection_figures


def values(figures):
    return {name: figure.value for name, figure in figures.items()}


def test_mentions_by_hand():
    units = [
        Marked(
            "a", {(0, 7): "council", (20, 26): "health"}, {(0, 7): "council", (19, 24): "health", (40, 44): "police"}
        ),
        Marked("b", {(5, 9): "health"}, {}),
        Marked("c", {}, {}),
    ]
    seen = detection_figures(units)
    assert set(seen) == {"all", "council", "health", "police"}
    # Gold has three mentions, the other three: one alike, two that meet.
    assert values(seen["all"]) == {
        "exact_precision": 0.3333,
        "exact_recall": 0.3333,
        "exact_f1": 0.3333,
        "overlap_precision": 0.6667,
        "overlap_recall": 0.6667,
        "overlap_f1": 0.6667,
    }
    assert values(seen["health"])["overlap_recall"] == 0.5 and values(seen["health"])["exact_f1"] == 0
    assert seen["police"]["exact_recall"].note == "undefined: gold has no mention"
    assert seen["police"]["exact_f1"].value == 0
    assert (seen["all"]["exact_recall"].n, seen["all"]["exact_f1"].n) == (3, 6)


def test_a_mention_of_another_type_is_not_found_for_its_type():
    seen = detection_figures([Marked("a", {(0, 7): "council"}, {(0, 7): "health"})])
    assert seen["all"]["exact_f1"].value == 1 and seen["council"]["exact_recall"].value == 0


def test_no_mention_at_all():
    assert detection_figures([Marked("a", {}, {})]) == {} and attitude_figures([]) == {}


def test_attitudes_by_partner_type():
    pairs = [Pair(group, "negative", "negative", "council") for group in "abc"]
    pairs += [Pair(group, "positive", "negative", "health") for group in "abc"]
    seen = attitude_figures(pairs)
    assert set(seen) == {"all", "council", "health"}
    assert seen["health"]["mean_absolute_error"].value == 2 and seen["all"]["mean_absolute_error"].value == 1
    assert seen["council"]["alpha"].note == "undefined: every answer is of one class"
    assert seen["council"]["macro_f1"].value == 1 and seen["health"]["macro_f1"].n == 3
