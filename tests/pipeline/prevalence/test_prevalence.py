"""From a sample that people filled in to corrected shares: the two commands, end to end."""

import csv
import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from toys import CODES, table
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.gold import GoldUnit, load_gold
from pipeline.gold_unit import MACHINE
from pipeline.gold_waiting import Waiting
from pipeline.prevalence import estimator
from pipeline.prevalence.analysis import CORPUS, prevalence
from pipeline.prevalence.bounds import bounded, effective_size
from pipeline.prevalence.groups import FEWEST, Split, _Marked, _note, _worth, rows_of
from pipeline.prevalence.matching import Sampled, match
from pipeline.prevalence.measures import Measure, families, measures
from pipeline.prevalence.population import load_population
from pipeline.prevalence.record import TABLES_HASH, Record, find_record, run_hash
from pipeline.prevalence.results import Figure
from pipeline.tables import open_run


def coded(truth, ids, **more):
    return [{"id": name, "text": "x", "codes": ";".join(truth[name]), "coder": "ann"} | more for name in ids]


@pytest.fixture
def load(tmp_path):
    def write_and_load(*tables):
        paths = []
        for number, rows in enumerate(tables):
            paths.append(tmp_path / f"g{number}.csv")
            paths[-1].write_text(table(rows), encoding="utf-8")
        return load_gold(paths, codes=CODES)

    return write_and_load


def themes(*arguments):
    result = CliRunner().invoke(app, [str(item) for item in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_sample_then_prevalence(biased_run, truth, tmp_path):
    out, folder = tmp_path / "s.csv", tmp_path / "out"
    assert "not for coders" in themes("sample", biased_run, "--n", 120, "--out", out, "--seed", 4)
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    filled = [row | {"codes": ";".join(truth[row["id"]]), "coder": "ann"} for row in rows]
    out.write_text(table(filled), encoding="utf-8")
    shown = themes("prevalence", biased_run, "--gold", out, "--by", "rank,gender", "--out", folder)
    assert max(len(line) for line in shown.splitlines() if not line.startswith(("written", "Warning"))) <= 100
    assert re.search(
        r"120 hand-coded segments with the machine .*about\s+\d+\s+of\s+the\s+240\s+segments", shown, re.DOTALL
    )
    result = json.loads((folder / "prevalence.json").read_text(encoding="utf-8"))
    assert result["estimator"] == "design-based" and not any("sampled" in text for text in result["warnings"])
    overall = {row["name"]: row for row in result["rows"] if not row["by"]}
    for code in CODES[:2]:
        row, true = overall[code], sum(code in given for given in truth.values()) / len(truth)
        assert row["corrected"]["low"] < true < row["corrected"]["high"]
        assert row["segments"] > row["worth"] > row["coded"] == 120
    never = overall[CODES[2]]["corrected"]  # nobody ever gave it: bounded from above, not nothing
    assert never["low"] == 0 and 0 < never["high"] < 0.1
    assert {(row["by"], row["group"]) for row in result["rows"]} >= {("rank", "sergeant"), ("gender", "female")}
    assert [test["p_holm"] is None for test in result["tests"] if test["by"] == "rank"] == [False, False, True]
    lines = list(csv.DictReader((folder / "prevalence.csv").open(encoding="utf-8")))
    assert len(lines) == len(result["rows"])
    assert float(lines[0]["corrected_low"]) == result["rows"][0]["corrected"]["low"]


def test_a_model_that_never_learnt_corrects_nothing(biased_run, truth, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    shutil.copytree(biased_run, run)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["model"]["learnt"] = {"themes": False, "attitudes": True, "partnership": False}
    manifest["counts"] = {"mentions": 80}
    gold = tmp_path / "g.csv"
    rows = coded(truth, list(truth)[::2])
    place = {"mention_start": 0, "mention_end": 4, "mention": "=SUM", "partner_type": "council"}
    rows += [{"id": row["id"], "coder": "ann", "attitude": "positive"} for row in rows[:40]] + [
        {"id": row["id"], "coder": "ann", "attitude": "positive", **place} for row in rows[:40]
    ]
    texts = {row["segment_id"]: row["text"] for row in open_run(run).rows("segments")}
    gold.write_text(table([row | {"text": texts[row["id"]]} for row in rows]), encoding="utf-8")
    arguments = ("prevalence", run, "--gold", gold, "--by", "rank", "--out", out, "--simple-random")

    def answer():
        shown = " ".join(themes(*arguments).split())
        return shown, json.loads((out / "prevalence.json").read_text(encoding="utf-8"))

    _, learnt = answer()
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    shown, result = answer()
    assert "The model has learnt no codes: it orders" in shown and "has not learnt are by hand-coding alone" in shown
    assert "has not learnt the attitude to partnership as such" in shown
    assert "Do groups by rank differ? (hand-coded shares" not in shown  # some are corrected
    unlearnt = [row for row in result["rows"] if row["kind"] != "partner"]
    assert unlearnt and all(row["machine"]["share"] is None is row["corrected"]["share"] for row in unlearnt)
    assert all(row["worth"] is None and "has not learnt it" in row["note"] and not row["learnt"] for row in unlearnt)
    assert [row["hand"] for row in result["rows"]] == [row["hand"] for row in learnt["rows"]]
    mentions = [row for row in result["rows"] if row["kind"] == "partner"]
    assert mentions and mentions == [row for row in learnt["rows"] if row["kind"] == "partner"]
    gold.write_text(table([row for row in rows if "attitude" not in row]), encoding="utf-8")
    shown, result = answer()
    assert "(hand-coded shares" in shown and "hand-coded segments with the machine" not in shown
    assert result["worth"] is None and re.search(f"{CODES[0].title()} 120 – [1-9]", shown)


def test_a_sample_says_how_it_was_drawn(biased_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(biased_run, run)

    def told(name, *more):
        return " ".join(themes("sample", run, "--n", 40, "--out", tmp_path / f"{name}.csv", *more).split())

    assert "strata (codes, uncertainty), in random order written:" in told("learnt")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["model"]["learnt"] = {"themes": False}
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    shown = told("unlearnt")
    assert "has learnt no codes: no stratum is of a code, and how unsure the model is" in shown
    assert "by which the strata were halved" not in told("codes", "--strata", "codes")
    shown = told("random", "--strata", "none")
    assert "40 of 240 participant segments, drawn simply at random" in shown and "learnt no codes" not in shown


def test_where_everything_was_drawn_nothing_is_said_of_sampling(biased_run, truth, tmp_path):
    run, out = tmp_path / "run", tmp_path / "s.csv"
    shutil.copytree(biased_run, run)
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    (run / "manifest.json").write_text(json.dumps(manifest | {"model": {"learnt": {"themes": False}}}), "utf-8")
    shown = " ".join(themes("sample", run, "--n", 1000, "--out", out).split())
    assert "all 240 participant segments, in random order" in shown
    assert "strat" not in shown.split("written:")[0]
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    out.write_text(table([row | {"codes": ";".join(truth[row["id"]]), "coder": "ann"} for row in rows]), "utf-8")
    arguments = ("prevalence", biased_run, "--gold", out)
    shown = " ".join(themes(*arguments).split())
    assert "All segments are hand-coded: intervals are about interviews like these" in shown
    assert "hand-coded ones drawn" not in shown
    out.with_suffix(".design.json").unlink()
    shown = " ".join(themes(*arguments, "--target", "corpus").split())
    assert "All segments are hand-coded: the shares by hand" in shown and "were sampled" not in shown


def test_names_forgotten_in_a_sample_are_told_by_the_readers_of_gold(biased_run, truth, tmp_path):
    out = tmp_path / "s.csv"
    themes("sample", biased_run, "--n", 60, "--out", out, "--seed", 4)
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    filled = [row | {"codes": ";".join(truth[row["id"]])} for row in rows]
    waiting = sum(not row["codes"] for row in filled)
    out.write_text(table(filled), encoding="utf-8")
    notice = f"{waiting} of 60 rows have neither code nor coder: taken as not coded yet."
    write = ("export", out, "--format", "qdpx", "--out", tmp_path / "gold.qdpx")
    of_prevalence = ("prevalence", biased_run, "--gold", out, "--out", tmp_path / "shares")
    for command in (of_prevalence, write):
        assert notice in " ".join(themes(*command).split())
    partly = [
        row | {"coder": "ann" if i < 20 else "", "codes": row["codes"] or CODES[0]} for i, row in enumerate(filled)
    ]
    out.write_text(table(partly), encoding="utf-8")
    for command in (of_prevalence, (*write[:-1], tmp_path / "partly.qdpx")):
        assert "Rows that name no coder are taken as those of one coder" in " ".join(themes(*command).split())
    answer = json.loads((tmp_path / "shares" / "prevalence.json").read_text(encoding="utf-8"))
    assert "40 of the 60 of " in answer["warnings"][-1]


def test_the_design_is_joined_by_id_and_asked_for(biased_run, truth, tmp_path):
    out, moved = tmp_path / "s.csv", tmp_path / "moved.json"
    themes("sample", biased_run, "--n", 40, "--out", out)
    design = out.with_suffix(".design.json")
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    out.write_text(table([row | {"coder": "ann"} for row in rows]), encoding="utf-8")
    assert "does not say how" not in themes("prevalence", biased_run, "--gold", out)
    design.rename(moved)
    assert "does not say how" not in themes("prevalence", biased_run, "--gold", out, "--design", moved)
    with pytest.raises(UsageError, match=r"no s\.design\.json lies beside it"):
        themes("prevalence", biased_run, "--gold", out)
    moved.write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError, match="is no record of a draw"):
        themes("prevalence", biased_run, "--gold", out, "--design", moved)


def test_a_code_that_the_run_does_not_have_is_left_out_and_doubtful_shares_say_so(biased_run, truth, tmp_path):
    gold, folder = tmp_path / "g.csv", tmp_path / "out"
    rows = coded(truth, truth, inclusion=1)
    slipped = [row | {"codes": row["codes"].replace(CODES[1], "Cost savings")} for row in rows]
    slipped[0]["codes"] += ";gossip"

    def answer(rows):
        gold.write_text(table(rows), encoding="utf-8")
        shown = themes("prevalence", biased_run, "--gold", gold, "--out", folder)
        content = json.loads((folder / "prevalence.json").read_text(encoding="utf-8"))
        return shown, content, {row["name"]: row for row in content["rows"] if row["kind"] == "code"}

    shown, content, shares = answer(slipped)
    _, clean, true = answer(rows)
    assert "'gossip' (1 unit)" in " ".join(shown.split()) and "gossip" in content["warnings"][0]
    assert [item["meant"] for item in content["codes_left_out"]["codes"]] == [CODES[1], ""]
    assert clean["codes_left_out"]["codes"] == [] and shares[CODES[0]] == true[CODES[0]]
    assert "if people meant this code by 'Cost savings'" in shares[CODES[1]]["note"] and true[CODES[1]]["note"] == ""
    labelled = [row | {"codes": row["codes"].replace(CODES[1], "Cost saving")} for row in rows]
    assert answer(labelled)[2] == true  # by its label
    assert shares[CODES[1]]["hand"]["share"] == 0 < true[CODES[1]]["hand"]["share"]


@pytest.mark.parametrize("width", [60, 70, 80, 100])
def test_tables_fit_the_terminal(biased_run, truth, tmp_path, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    rows = coded(truth, list(truth)[::2], inclusion=0.5)
    council = [{"id": row["id"], "text": "x", "coder": "ann", "mention_start": 0, "mention_end": 1} for row in rows]
    (tmp_path / "g.csv").write_text(table(rows + [row | {"attitude": "neutral"} for row in council]), encoding="utf-8")
    shown = themes("prevalence", biased_run, "--gold", tmp_path / "g.csv", "--by", "rank,gender")
    assert max(cell_len(line) for line in shown.splitlines()) <= width and "…" not in shown
    assert "corrected" in shown and ("left out for want of room" in shown) == (width < 80)
    assert re.search(r"^ +constable .*\d–\d", shown, re.MULTILINE) and "gender differ?" in shown


def test_a_design_of_another_run_is_refused(biased_run, tmp_path):
    record = {"run_manifest_sha256": "0", "inclusion": {"t00:10-20": 0.5}}
    (tmp_path / "s.design.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UsageError, match="drawn from another run"):
        find_record([tmp_path / "s.csv"], None, biased_run)


def test_a_design_outlives_a_repeated_run(biased_run, tmp_path):
    """The same command again leaves the same tables and another manifest: what was coded by hand must not be lost with it."""
    again = shutil.copytree(biased_run, tmp_path / "run")
    record = {TABLES_HASH: run_hash(biased_run), "inclusion": {"t00:10-20": 0.5}}
    (tmp_path / "s.design.json").write_text(json.dumps(record), encoding="utf-8")
    (again / "manifest.json").write_text("{}", encoding="utf-8")
    assert find_record([tmp_path / "s.csv"], None, again).inclusion == {"t00:10-20": 0.5}
    (again / "themes.parquet").write_bytes(b"of another model")
    with pytest.raises(UsageError, match="drawn from another run"):
        find_record([tmp_path / "s.csv"], None, again)


def test_all_hand_coded_is_the_share_that_people_gave(population, truth, load):
    sampled = match(population, load(coded(truth, truth, inclusion=1)))
    for row in prevalence(population, sampled, target=CORPUS).rows:
        true = sum(row.name in given for given in truth.values()) / len(truth)
        assert row.corrected.share == pytest.approx(true) == row.hand.share
        if true > 0:
            assert row.corrected.high - row.corrected.low < 1e-9


def test_a_quarter_coded_of_a_sample_of_all_leaves_an_interval(population, truth, load):
    drawn = Record(dict.fromkeys(truth, 1.0))
    part = load(coded(truth, list(np.random.default_rng(1).permutation(list(truth))[:60])))
    for sampled in (match(population, part, drawn), match(population, part)):
        row = prevalence(population, sampled, target=CORPUS).rows[0]
        p, n, whole = row.hand.share, 60, len(truth)
        assert (row.hand.high - row.hand.low) > 2 * 1.9 * np.sqrt(p * (1 - p) / n * (1 - n / whole))
    assert match(population, part, drawn).coverage == 0.25
    # Without a record the weights tell: each of these stands for one segment of four.
    assert match(population, load(coded(truth, list(truth)[:60], inclusion=1))).coverage == 0.25


def test_a_part_of_a_sample_in_which_all_carry_a_code_is_suspicious(population, truth, load):
    drawn = Record(dict.fromkeys(truth, 1.0))
    carrying = [name for name, codes in truth.items() if codes]
    plain = [name for name, codes in truth.items() if not codes]
    for ids, told in ((carrying, True), (carrying + plain[:1], False)):
        result = prevalence(population, match(population, load(coded(truth, ids)), drawn), target=CORPUS)
        assert any("list what you read and gave none" in line for line in result.warnings) is told


def test_rows_that_lack_a_name_are_told(population, truth, load):
    carrying = [name for name, codes in truth.items() if codes]
    plain = [name for name, codes in truth.items() if not codes]
    for ids, all_coded in ((carrying, True), (carrying + plain[:1], False)):
        sampled = match(population, load(coded(truth, ids)), Record(dict.fromkeys(truth, 1.0)))
        warnings = prevalence(population, sampled, waiting=Waiting(7, 90)).warnings
        (told,) = [line for line in warnings if "neither code nor coder" in line]
        assert told.startswith("7 of 90 rows have") and ("shares are too high" in told) is all_coded
        assert not any("gave none" in line for line in warnings)


def test_at_the_border_the_interval_holds_its_estimate_and_interviews_widen_it():
    shares, errors, df = np.array([-0.01, 0.2, np.nan]), np.array([0.02, 0.02, 0.02]), np.array([9.0, 9.0, 9.0])
    seen = bounded(shares, errors, df, (np.array([0.03, 0.2, 0.2]), np.array([100.0, 100.0, 100.0])))
    assert seen.share[0] == seen.low[0] == 0 < seen.high[0]
    assert 0.15 < seen.low[1] < 0.2 < seen.high[1] < 0.26
    assert np.isnan([seen.share[2], seen.low[2], seen.high[2]]).all()
    total = np.zeros((2, 16))
    total[:, [estimator.W, estimator.WW, estimator.WZ]] = 100.0  # a hundred segments of weight 1
    share, error = np.array([0.5, 0.0]), np.array([0.1, 0.0])
    assert effective_size(total, share, error) == pytest.approx([25, 100])
    assert effective_size(total, share) == pytest.approx([100, 100])


@given(st.integers(2, 500), st.integers(1, 499), st.floats(1e-6, 1))
def test_no_sample_is_worth_more_than_all_there_is_to_code(segments, coded, ratio):
    """The error of as many segments, without the machine, is that which the machine leaves (Cochran 1977, 2.5)."""
    coded = min(coded, segments - 1)
    worth = _worth(segments, coded, 1.0, ratio**0.5)
    assert coded <= worth * (1 + 1e-9) and worth <= segments
    assert 1 / worth - 1 / segments == pytest.approx(ratio * (1 / coded - 1 / segments), rel=1e-6, abs=1e-12)
    assert _worth(10**12, coded, 1.0, 0.5) == pytest.approx(4 * coded)  # of endless talk: the ratio of the variances


def test_groups_without_variance_are_named(population, load):
    sampled = match(
        population, load([{"id": name, "text": "x", "codes": "", "coder": "ann"} for name in population.ids])
    )
    answer = prevalence(population, sampled, ("rank",), simple_random=True)
    for test in answer.tests:
        assert set(test.groups) | set(test.left_out) == {"constable", "sergeant"}
        assert not set(test.groups) & set(test.left_out)
    assert any(test.left_out for test in answer.tests)


def test_why_there_is_no_interval():
    none, many = Figure(0.5, None, None), _Marked(30, 5, 40, False)
    assert "one interview only" in _note(30, 1, many, "mentions", 0.5, none)
    assert "one interview's mentions" in _note(30, 20, many, "mentions", 0.5, none)
    assert _note(30, 20, many, "mentions", 0.5, Figure(0.5, 0.4, 0.6)) == ""


def test_what_this_program_coded_corrects_nothing(population, truth, load):
    own = load(coded(truth, list(truth)[:40]), [row | {"coder": MACHINE} for row in coded(truth, list(truth)[:7])])
    told = prevalence(population, match(population, own), simple_random=True).warnings
    assert any(text.startswith("7 of 40 units of the gold were coded by this program") for text in told)
    people = match(population, load(coded(truth, list(truth)[:40])))
    assert not any("this program" in text for text in prevalence(population, people, simple_random=True).warnings)


def test_gold_without_inclusion_is_warned_of_unless_the_user_vouches_for_it(population, truth, load):
    sampled = match(population, load(coded(truth, list(truth)[::5])))
    assert any("--simple-random" in text for text in prevalence(population, sampled).warnings)
    vouched = prevalence(population, sampled, simple_random=True)
    assert vouched.estimator == "prediction-powered" and not vouched.warnings


def test_units_are_found_by_place_and_those_that_are_not_are_named(population, truth, load):
    rows = coded(truth, list(truth)[:40])
    for number, row in enumerate(rows[:20]):
        place = row["id"].split(":")[1].split("-")
        name = (f"i{row['id'][1:3]}.txt", f"i{row['id'][1:3]}", row["id"][:3])[number % 3]
        row |= {"id": f"my{number}", "transcript": name, "start": place[0], "end": place[1]}
    rows.append({"id": "strange", "text": "x", "codes": "", "coder": "ann"})
    rows.append(rows[0] | {"id": "again"})
    sampled = match(population, load(rows))
    assert sorted(sampled.units) == list(range(40))
    assert (sampled.unmatched, sampled.twice) == (("strange",), ("again",))
    warned = " ".join(prevalence(population, sampled, ("rank",), simple_random=True).warnings)
    assert "strange" in warned and "thin" in warned


def test_coders_who_differ_vote_and_a_tie_is_half(population, load):
    name = population.ids[0]
    given = [("a", CODES[0]), ("b", f"{CODES[0]};{CODES[1]}"), ("c", "")]
    head = {"id": name, "text": "x"}
    rows = [head | {"coder": coder, "codes": codes} for coder, codes in given]
    from pipeline.prevalence.matching import votes

    assert [votes(load(rows)[0], code) for code in CODES] == [1, 0, 0]
    assert [votes(load(rows[1:])[0], code) for code in CODES] == [0.5, 0.5, 0]
    settled = head | {"coder": "adjudicated", "codes": CODES[2]}
    attitudes_only = {"id": name, "coder": "adjudicated", "attitude": "neutral"}
    assert [votes(load(rows, [attitudes_only])[0], code) for code in CODES] == [1, 0, 0]
    assert [votes(load([*rows, settled])[0], code) for code in CODES] == [0, 0, 1]


def test_attitudes_are_shares_of_the_mentions_that_people_marked(population, truth, load):
    ids = list(truth)[::3]
    spans = [{"id": name, "text": "x" * 9, "coder": "ann", "mention_start": 0, "mention_end": 3} for name in ids]
    marked = [row | {"attitude": "negative" if i % 4 else "positive"} for i, row in enumerate(spans)]
    general = [{"id": name, "coder": "ann", "attitude": "neutral"} for name in ids[::2]]
    sampled = match(population, load(marked, general))
    rows = {(row.name, row.attitude): row for row in prevalence(population, sampled, simple_random=True).rows}
    council = [rows["council", attitude] for attitude in ("negative", "neutral", "positive")]
    positive = sum(1 for i in range(len(ids)) if i % 4 == 0) / len(ids)
    assert council[2].hand.share == pytest.approx(positive)
    assert council[2].machine.share == 1 and council[1].hand.share == 0
    assert sum(row.hand.share for row in council) == pytest.approx(1)
    assert rows["partnership", "any"].hand.share == pytest.approx(0.5)
    assert rows["partnership", "neutral"].hand.share == 1


def marked_by_hand(ids, attitudes, kind="council"):
    """One mention for each id, with the attitudes in turn."""
    head = {"text": "x" * 9, "coder": "ann", "mention_start": 0, "mention_end": 3, "partner_type": kind}
    return [head | {"id": name, "attitude": attitudes[i % len(attitudes)]} for i, name in enumerate(ids)]


@given(st.integers(0, 10**6), st.sampled_from(["interviews", CORPUS]))
@settings(max_examples=25)
def test_three_corrected_shares_of_one_type_sum_to_1(population, seed, target):
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(population), rng.integers(12, 80), replace=False)
    size, coded = len(population), [population.ids[i] for i in drawn]
    y = rng.multinomial(1, [0.05, 0.9, 0.05], size) * rng.poisson(0.7, size)[:, None]  # some corrected below 0
    f = y + 0.2 * rng.dirichlet([0.5, 0.5, 0.5], size) * rng.poisson(0.7, size)[:, None]
    weight = np.zeros(size)
    inclusion = rng.uniform(0.1, 1, size)
    weight[drawn] = 1 / inclusion[drawn]
    d, z = f.sum(1), y.sum(1)
    family = [
        Measure("partner", "council", name, "mentions", f[:, i], f[:, i], d, y[:, i], z, weight)
        for i, name in enumerate(("negative", "neutral", "positive"))
    ]
    units = {int(i): GoldUnit(name, ()) for i, name in zip(drawn, coded, strict=True)}
    sampled = Sampled(units, np.where(weight > 0, inclusion, 0), True, 1.0, (), ())
    for by, values in (("", [""] * size), ("rank", population.values("rank"))):
        groups = tuple(sorted(set(values)))
        split = Split(by, groups, np.array([groups.index(value) for value in values]), population, sampled)
        rows, estimates = rows_of(family, split, target)
        assert len({row.tuning for row in rows}) == 1
        for g, group in enumerate(groups):
            own = [row for row in rows if row.group == group]
            if own[0].corrected.share is None:
                assert own[0].marked < FEWEST or own[0].note == "undefined"
                continue
            assert sum(item.share[g] for item in estimates) == pytest.approx(1, abs=1e-9)
            assert sum(row.corrected.share for row in own) == pytest.approx(1, abs=1e-9)
            assert sum(row.hand.share for row in own) == pytest.approx(1, abs=1e-9)
            assert all(
                row.corrected.low <= row.corrected.share <= row.corrected.high for row in own if row.corrected.low
            )


def test_rounded_probabilities_of_attitudes_sum_to_the_mentions_all_the_same(biased_run, truth, load, tmp_path):
    run = shutil.copytree(biased_run, tmp_path / "run")
    path = run / "attitudes.parquet"
    found = pq.read_table(path)
    for name in ("negative", "neutral", "positive"):
        at = found.schema.get_field_index(name)
        found = found.set_column(
            at, found.schema.field(at), pa.array([0.333] * len(found), found.schema.field(at).type)
        )
    pq.write_table(found, path)
    population = load_population(run)
    sampled = match(population, load(marked_by_hand(list(truth)[::2], ["neutral", "positive"])))
    (family,) = [items for items in families(measures(population, sampled)) if items[0].name == "council"]
    assert sum(item.f for item in family) == pytest.approx(family[0].d) and family[0].d.sum() == 80


def test_a_share_of_few_marked_mentions_says_how_few_or_is_withheld(population, truth, load):
    ids = [name for name in truth if int(name[1:3]) < 8]
    here, there = ids[:5], [name for name in ids if name.startswith(("t01", "t02", "t03"))][:16]
    marked = [*marked_by_hand(here, ["neutral"], "wardens"), *marked_by_hand(there, ["negative", "positive"])]
    none = [{"id": name, "text": "x" * 9, "codes": "", "coder": "ann"} for name in ids if name not in (*here, *there)]
    result = prevalence(population, match(population, load(marked, none)), ("rank",), simple_random=True)
    rows = {(row.name, row.attitude, row.group): row for row in result.rows if row.kind == "partner"}
    few, council = rows["wardens", "neutral", ""], rows["council", "negative", ""]
    assert (few.marked, few.marked_interviews, few.found, few.coded) == (5, 1, 0, len(ids))
    assert few.hand.share is few.corrected.share is few.worth is None
    assert few.note == "withheld for too few hand-marked mentions: 5, from 1 interview (at least 6, from 2)"
    assert (council.marked, council.marked_interviews, council.found) == (16, 2, 80)
    assert council.hand.share == pytest.approx(0.5) and council.corrected.low is not None
    told = [text for text in result.warnings if "few hand-marked mentions" in text]
    assert "wardens 5 from 1 (withheld)" in told[0] and "council 16 from 2," in told[0]
    assert told[1].startswith("rank: ") and "council of sergeant" in told[1]
    tested = {test.name: test for test in result.tests if test.kind == "partner"}
    assert set(tested["wardens"].left_out) == {"constable", "sergeant"} and tested["wardens"].p is None


def test_types_that_people_wrote_by_hand_are_told_where_the_machine_has_none_such(population, truth, load):
    ids = list(truth)[:80]
    kinds = ["council", "Council ", "Youth  offending", "counsil", ""]
    marked = [row | {"partner_type": kinds[i % 5]} for i, row in enumerate(marked_by_hand(ids, ["neutral"]))]
    result = prevalence(population, match(population, load(marked)), simple_random=True)
    found = {row.name: row.marked for row in result.rows if row.kind == "partner"}
    assert set(found) == {"council", "youth_offending", "counsil", "unknown"} and found["youth_offending"] == 16
    (told,) = [text for text in result.warnings if "that people gave and the machine does not" in text]
    assert (
        "does not: 'counsil'. Each" in told
    )  # youth_offending is a type of the vocabulary, of which nothing was found


def test_who_was_asked_about_partnership_as_such_only_says_nothing_of_mentions(population, truth, load):
    ids = list(truth)[::3]
    marked = [
        {"id": name, "text": "x" * 9, "coder": "ann", "attitude": "positive", "mention_start": 0, "mention_end": 3}
        for name in ids[::2]
    ]
    general = [{"id": name, "text": "x" * 9, "coder": "bob", "attitude": "neutral"} for name in ids]

    def rows(*tables):
        found = prevalence(population, match(population, load(*tables)), simple_random=True).rows
        return {(row.name, row.attitude): row for row in found}

    both, alone, neither = rows(marked, general), rows(marked), rows(general)
    # Bob marked no mention in segments that Ann did not read, nor halves what she marked in those that both read.
    assert both["council", "positive"] == alone["council", "positive"]
    assert both["council", "positive"].coded == len(marked) < both["partnership", "any"].coded == len(general)
    assert {name for name, _ in neither} == {"partnership"}
    # Ann gave no attitude to partnership as such: not asked.
    assert {name for name, _ in alone} == {"council"}


def test_what_nobody_gave_an_attitude_to_is_told_and_none_says_that_they_looked(population, truth, load):
    ids = list(truth)[::3]
    row = {"text": "x" * 9, "coder": "ann", "mention_start": 0, "mention_end": 3, "attitude": "positive"}
    none = {"id": ids[0], "coder": "ann", "attitude": "none", "partner_type": "partnership"}
    marked = [row | {"id": name} for name in ids]
    silent, looked = (
        prevalence(population, match(population, load(*tables)), simple_random=True)
        for tables in ([marked], [marked, [none]])
    )
    note = "nobody gave an attitude to partnership as such: taken as not asked"
    assert [note in " ".join(result.warnings) for result in (silent, looked)] == [True, False]
    assert [row.hand.share for row in silent.rows if row.name == "partnership"] == []
    assert [row.hand.share for row in looked.rows if (row.name, row.attitude) == ("partnership", "any")] == [0]


def test_attitudes_against_a_run_without_any_are_refused(biased_run, truth, load, tmp_path):
    shutil.copytree(biased_run, tmp_path / "bare")
    path = tmp_path / "bare" / "attitudes.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    rows = [{"id": name, "text": "x", "coder": "ann", "attitude": "neutral"} for name in list(truth)[:40]]
    bare = load_population(tmp_path / "bare")
    with pytest.raises(UsageError, match="attitudes only, and this run has none"):
        prevalence(bare, match(bare, load(rows)), simple_random=True)


def test_faults(population, truth, load):
    with pytest.raises(UsageError, match="none of the gold's 1 units"):
        match(population, load([{"id": "x", "text": "x", "codes": "", "coder": "ann"}]))
    ids = list(truth)
    with pytest.raises(UsageError, match="1 of 2 matched gold units have no inclusion"):
        match(population, load([*coded(truth, ids[:1], inclusion=0.5), *coded(truth, ids[1:2])]))
    sampled = match(population, load(coded(truth, ids[:50])))
    with pytest.raises(UsageError, match="attributes here: gender, rank"):
        prevalence(population, sampled, ("shoe",))
