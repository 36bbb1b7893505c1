"""The speed benchmark's own arithmetic: operations by hand, samples and corpora by seed, ratios by rounds, the table's form."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
SCRIPTS = REPO / "scripts"


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))


def test_operations_of_a_small_encoder_by_hand():
    from bench_speed_flops import Shape, needed

    # One layer of width 2 with a feed-forward part of 3, a text of 5 tokens. Multiplications: query, key, value and output
    # 4 x (5·2·2) = 80; up and down 5·2·3 + 5·3·2 = 60; scores 5·5·2 = 50; weighted sums 50. With the additions: 2 x 240.
    assert needed([5], Shape(1, 2, 3)) == 480
    assert needed([5, 5], Shape(3, 2, 3)) == 480 * 2 * 3


def test_long_texts_need_more_than_their_tokens_and_padding_needs_nothing():
    from bench_speed_flops import Shape, needed

    shape = Shape(6, 384, 1536)
    assert needed([100], shape) - needed([50, 50], shape) == 4 * 6 * 384 * (100**2 - 2 * 50**2)
    assert needed([100, 0], shape) == needed([100], shape)


def test_operations_agree_with_torchs_own_count(tiny_encoder):
    from bench_speed_flops import Shape, needed
    from torch import ones
    from torch.utils.flop_counter import FlopCounterMode

    from models.encoder import find_encoder, load_encoder

    encoder = load_encoder(find_encoder(str(tiny_encoder))).eval()
    encoder.set_attn_implementation("eager")  # the counter does not see into the fused kernel
    with FlopCounterMode(display=False) as counter:
        encoder(input_ids=ones(3, 17).long(), attention_mask=ones(3, 17).long())
    assert counter.get_total_flops() == pytest.approx(needed([17] * 3, Shape.of(encoder.config)), rel=1e-9)


def test_the_bare_products_do_what_they_say():
    import torch
    from bench_speed_flops import Products, Shape
    from torch.utils.flop_counter import FlopCounterMode

    products = Products(Shape(2, 4, 8), 16, torch.device("cpu"), torch.float32)
    with FlopCounterMode(display=False) as counter:
        products.run(40)  # three batches of 16
    assert counter.get_total_flops() == products.operations(40) == 48 * Shape(2, 4, 8).linear_per_token


@pytest.mark.parametrize(
    ("device", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("Tesla T4", 65e12),
        ("NVIDIA L40", None),  # neither an L4 nor an L40S
        ("NVIDIA A10G", None),
        ("X", None),
    ],
)
def test_peaks_by_the_device(device, peak):
    from bench_speed_flops import peak_of

    assert peak_of(device) == peak


def test_what_is_computed_once_is_counted_once(predictor):
    from bench_speed_ours import Engine, lengths

    from models.inputs import Unit

    one, other = Unit("the council"), Unit("we ring the council", "what ?")
    engine = Engine("float32", "22M", predictor, 0.0)
    assert lengths(engine, [one, other, one, one]) == lengths(engine, [one, other]) and len(lengths(engine, [one])) == 1


def test_quick_leaves_what_was_asked_for():
    from bench_speed import QUICK, _options

    options = _options(["--inquiry", "x", "--quick", "--segments", "7", "--sizes", "3"])
    assert (options.segments, options.sizes, options.files) == (7, [3], QUICK["files"])
    assert _options(["--inquiry", "x"]).files != QUICK["files"]


def test_the_same_seed_draws_the_same_segments(interviews, run_settings):
    from bench_speed_data import draw_sample

    first, second = (draw_sample(interviews, 6, 3, seed=4, settings=run_settings) for _ in range(2))
    assert first == second and len(first.units) == 6 and first.files == 3
    assert draw_sample(interviews, 6, 3, seed=5, settings=run_settings) != first
    whole = draw_sample(interviews, 0, 0, seed=4, settings=run_settings)
    assert len(whole.units) == whole.population > first.population
    assert set(first.texts) <= set(whole.texts)
    assert whole.describe()["mentions"] == sum(len(unit.targets) for unit in whole.mentioning) > 0


def test_copies_are_varied_but_keep_their_words(tmp_path, interviews):
    from bench_speed_data import base_files, transcripts, write_corpus

    files = base_files(transcripts(interviews), 200, seed=1)
    words = sum(len(file.read_text(encoding="utf-8").split()) for file in files)
    assert words >= 200 and len(files) < 5
    assert write_corpus(tmp_path / "a", files, 3, seed=1) == 3 * words
    for file in files:
        texts = [(tmp_path / "a" / f"copy{i}_{file.name}").read_text(encoding="utf-8") for i in range(3)]
        assert texts[0] == file.read_text(encoding="utf-8")
        assert len(set(texts)) == 3
        assert len({tuple(sorted(text.split())) for text in texts}) == 1


def test_labels_and_punctuation_do_not_move():
    from bench_speed_data import varied

    text = "**Ms Blackwell**: Thank you, Dr Smith.\n\nAnn: we ring the council\tevery day."
    changed = varied(text, random.Random(1))
    assert changed.startswith("**Ms Blackwell**: Thank you, Dr Smith.\n\nAnn: ") and changed.endswith("day.")
    assert changed != text and sorted(changed) == sorted(text)


def test_rounds_alternate_and_ratios_are_of_the_same_round():
    from bench_speed_rivals import Contender
    from bench_speed_rounds import ratio, share_of, time_in_rounds

    order: list[str] = []
    now = count()
    slow = {"ours": [1, 2, 4], "rival": [4, 6, 8]}

    def contender(name: str, segments: int) -> Contender:
        seconds = iter([0, *slow[name]])  # nothing in the warm-up

        def work(items):
            order.append(name)
            for _ in range(next(seconds) - 1):
                next(now)

        return Contender(name, work, range(segments), segments)

    timed = time_in_rounds([contender("ours", 10), contender("rival", 5)], 3, clock=lambda: next(now))
    assert order == ["ours", "rival"] * 4
    assert timed["ours"].seconds == [1, 2, 4] and timed["ours"].rate == 5
    row = ratio(timed, "ours", "rival", 7)
    assert row.values == (8, 6, 4) and row.median == 6 and row.met is False
    assert share_of(timed, "ours", 10, "rival", 20, 0.9).values == (2, 1.5, 1)


def test_two_of_one_name_are_refused():
    from bench_speed_rivals import Contender
    from bench_speed_rounds import time_in_rounds

    with pytest.raises(ValueError, match="same name"):
        time_in_rounds([Contender("a", len, "x", 1), Contender("a", len, "x", 1)], 1)


def test_agreement_of_predictions(predictor):
    from dataclasses import replace

    from bench_speed_ours import agreement

    from models.inputs import Unit

    units = [
        Unit("the council is very good", "", ((4, 11),)),
        Unit("meetings and talk and nothing"),
        Unit("we ring them"),
    ]
    first = predictor.predict(units)
    assert agreement(first, first)["assignments_equal"] == agreement(first, first)["assigned_f1"] == 1
    flipped = first.assigned.copy()
    flipped[0, 0] = not flipped[0, 0]
    other = agreement(first, replace(first, assigned=flipped, attitudes=first.attitudes[:, [1, 2, 0]]))
    assert other["assignments_equal"] == round(8 / 9, 5) and other["segments_with_equal_codes"] == round(2 / 3, 5)
    assert other["attitudes_equal"] == 0


def run_row(size: int, wall: float, peak: float) -> dict:
    from bench_speed_runs import outside_the_network

    timings = {"read": 1.0, "write": 1.0, "model": wall - 1, "wall": wall, "coded_segments_per_second": 9.0}
    row = {"size": size, "words": 200 * size, "process_seconds": wall + 3, "peak_mb": peak, "timings": timings}
    return row | {"counts": {"coded_words": 100 * size, "inputs": size}, "outside": outside_the_network(row)}


def test_scaling_is_against_the_smallest_size():
    from bench_speed_runs import scaling

    rows = scaling([run_row(1, 10, 500), run_row(4, 42, 510), run_row(1, 10, 500)])
    assert [row["time_against_linear"] for row in rows] == [1, pytest.approx(1.05, abs=0.001)]
    assert [row["memory_against_first"] for row in rows] == [1, 1.02]
    assert rows[0]["steps"] == 0.2 and rows[0]["waiting"] == 0.1 and rows[0]["loading_seconds"] == 3


def test_verdicts_take_the_worst():
    from bench_speed_runs import scaling, verdicts

    good = scaling([run_row(1, 20, 500), run_row(4, 81, 510)])
    assert [row["met"] for row in verdicts(good)] == [True, True, True]
    bad = scaling([run_row(1, 10, 500), run_row(4, 43, 530)])
    assert [row["most"] for row in verdicts(bad)] == [0.2, 1.075, 1.06]
    assert not any(row["met"] for row in verdicts(bad))


def test_growth_is_within_a_run_and_of_its_own_process():
    from bench_speed_runs import scaling, verdicts

    seen = {"run_peak_mb": 530.0, "first_group_peak_mb": 500.0, "helper_peak_mb": 900.0}
    table = scaling([run_row(1, 20, 900) | seen, run_row(4, 80, 900) | seen | {"run_peak_mb": 525.0}])
    assert [(row["peak_mb"], row["memory_against_first_group"]) for row in table] == [(530, 1.06), (525, 1.05)]
    assert [row["most"] for row in verdicts(table)][2:] == [1, 1.06]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are watched through /proc")
def test_a_process_is_watched_apart_from_its_children(tmp_path):
    from bench_speed_memory import Watch, growth

    code = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "held = b'x' * 150_000_000; input()"], stdin=subprocess.PIPE)
held = b"x" * 50_000_000
pathlib.Path(sys.argv[1]).mkdir()
input()
held += b"x" * 50_000_000
input()
child.communicate(b"\\n")
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "part")], stdin=subprocess.PIPE)
    watch = Watch(process.pid, tmp_path)

    def until(seen):
        deadline = time.monotonic() + 60
        while not seen() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.stdin.write(b"\n")
        process.stdin.flush()

    until(lambda: watch._first)
    until(lambda: watch._run > 140 and max(watch._helpers.values(), default=0) > 150)
    process.wait(60)
    seen = watch.close()
    assert 50 < seen["first_group_peak_mb"] < 100 < seen["run_peak_mb"] and 150 < seen["helper_peak_mb"] < 200
    assert growth(seen) > 1.5


def test_the_tables_form():
    from bench_speed_table import agreement, ratios, runs, table, worst

    assert table(("a", "b"), [(1, "x|y")]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |"
    row = {"ours": "o", "against": "r", "median": 3.14159, "least": 3, "most": 4, "target": 3, "met": True}
    assert ratios([row]).endswith("| o | r | 3.14 (3.00–4.00) | 3 | yes |")
    assert ratios([row | {"target": None, "met": None}]).endswith("|  |  |")
    assert agreement({"a": {"assignments_equal": 0.995}}).endswith("| assignments equal | 0.995 |")
    from bench_speed_runs import scaling

    lines = runs(scaling([run_row(1, 10, 500)])).splitlines()
    assert len({line.count("|") for line in lines}) == 1 and "20.0%" in lines[-1]
    assert worst([{"what": "w", "most": 1.2, "target": 1.05, "met": False}]).endswith("| w | 1.200 | 1.05 | no |")


def test_warnings_of_a_busy_machine():
    from bench_speed_machine import warnings

    quiet = {"load_before": [0.0, 0.0, 0.0], "others_share": 0.01}
    assert warnings(quiet) == []
    assert "load average 99" in warnings(quiet | {"load_before": [99.0, 1, 1]})[0]
    assert "20%" in warnings(quiet | {"others_share": 0.2})[0]
    assert "could not be seen" in warnings(quiet | {"others_share": None})[0]


def test_the_whole_of_it_on_a_toy(tmp_path, interviews, tiny_model, capsys):
    """Every row that needs no rival and no second process, from the options to both files."""
    import bench_speed

    inputs = ["--inquiry", str(interviews), "--model", str(tiny_model), "--out", str(tmp_path), "--device", "cpu"]
    bench_speed.main([*inputs, "--parts", "speeds", "--rivals", "--rounds", "1", "--segments", "4"])
    record = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert record["sample"]["segments"] == 4 and record["machine"]["cores"] >= 1
    assert {row["against"].split(" (")[0] for row in record["ratios"]} == {"bare products"}
    assert all(row["median"] > 0 for row in record["ratios"])
    assert "float32" in {row["ours"].removeprefix("ours (").split(")")[0] for row in record["ratios"]}
    text = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert text.startswith("# Speed") and text in capsys.readouterr().out
