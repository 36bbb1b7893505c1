"""The sample to hand-code: its design, its table, and that the table comes back as it went."""

import csv
import itertools
import json
import re

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import CODES, table

from pipeline.config import SegmentSettings
from pipeline.errors import UsageError
from pipeline.exchange.export.tasks import tasks_of
from pipeline.exchange.naming import default_group
from pipeline.gold import load_gold
from pipeline.ingest import read_transcript
from pipeline.prevalence.analysis import prevalence
from pipeline.prevalence.design import FLOOR, LEAST, draw, stratified
from pipeline.prevalence.matching import match
from pipeline.prevalence.population import load_population
from pipeline.prevalence.record import drawn_unevenly, find_record
from pipeline.prevalence.sheet import draw_sample, write_sample
from pipeline.run import RunPlan, run
from pipeline.segment import segment_transcript
from pipeline.types import Role


@given(st.integers(1, 300), st.integers(1, 400), st.integers(0, 10**6))
def test_every_segment_can_be_drawn_and_as_many_are_as_were_asked_for(size, segments, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.random((segments, 3)) ** 4
    design = stratified(probabilities, probabilities > 0.5, rng.random(segments), CODES, size)
    assert design.sizes.sum() == segments and design.drawn.sum() == min(size, segments)
    assert (design.drawn <= design.sizes).all()
    assert (design.drawn >= 1).all()
    if size >= 4 * LEAST:
        assert (design.inclusion >= min(1, FLOOR * size / segments) - 1 / design.sizes.min()).all()
    chosen = draw(design, rng)
    assert len(set(chosen)) == len(chosen) == design.drawn.sum()
    assert (np.bincount(design.stratum[chosen], minlength=len(design.names)) == design.drawn).all()


def test_rare_and_unsure_segments_are_drawn_more_often():
    assigned = np.zeros((1000, 3), dtype=bool)
    assigned[:20, 1] = True
    probabilities = np.where(assigned, 0.5, 0.02)
    design = stratified(probabilities, assigned, None, CODES, 100)
    assert design.names == ("cost_saving", "no code") or set(design.names) == {"cost_saving", "no code"}
    assert design.inclusion[:20].min() > 2 * design.inclusion[20:].max()


def test_every_value_of_an_attribute_is_drawn_from_though_cells_are_small():
    rng = np.random.default_rng(2)
    rank = np.array([*["constable"] * 900, *["sergeant"] * 90, *["chief"] * 3])
    probabilities = rng.random((len(rank), 8))
    codes = [f"c{i}" for i in range(8)]
    design = stratified(probabilities, probabilities > 0.9, rng.random(len(rank)), codes, 16, rank)
    assert design.drawn.sum() == 16
    for value in ("constable", "sergeant", "chief"):
        own = set(design.stratum[rank == value])
        assert own.isdisjoint(design.stratum[rank != value])
        assert sum(design.drawn[h] for h in own) >= 1


def test_the_table_goes_out_without_the_machines_codes_and_comes_back(population, tmp_path):
    out = tmp_path / "sample.csv"
    sample = draw_sample(population, 40, strata=("codes", "uncertainty"), seed=3)
    files = write_sample(population, sample, out, context=True)
    assert out in files and out.with_suffix(".design.json") in files
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    assert len(rows) == 40
    assert {row["codes"] + row["coder"] for row in rows} == {""}
    # As the run's workbook names them when it is imported: one interview is one group in gold of both.
    assert all(row["group"] == default_group(row["transcript"]) for row in rows)
    assert all(row["text"].startswith("'=SUM") and row["context"].startswith("'-and") for row in rows)
    record = json.loads(out.with_suffix(".design.json").read_text(encoding="utf-8"))
    assert {row["id"] for row in rows} == set(record["inclusion"])
    for name, value in record["inclusion"].items():
        assert value == record["strata"][record["stratum_of"][name]]["inclusion"]
    # The chance to be drawn differs by stratum: on the table it would tell the machine's coding.
    assert len(set(record["inclusion"].values())) > 1
    assert "inclusion" not in rows[0] and {row["sampled"] for row in rows} == {"yes"}
    with pytest.raises(UsageError, match="none of its 40 rows is coded yet"):  # nothing is filled in yet
        load_gold([out], codes=CODES)
    for row in rows[:10]:
        row["coder"] = "ann"
    rows[10]["codes"] = CODES[0]
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    units = load_gold([out], codes=CODES)
    assert len(units) == 11
    assert units[0].first.text.startswith("=SUM")
    assert units[10].first.codes == {CODES[0]}


@pytest.fixture(scope="module", params=[60, 12, 0])
def real(request, tmp_path_factory, predictor, codebook, run_settings):
    """A run of interviews that have turns of a few words and long ones, and what its model read."""
    settings = run_settings.model_copy(update={"segments": SegmentSettings(max_words=40, context_words=request.param)})
    files = sorted((request.config.rootpath / "examples" / "interviews").glob("w5-0[1-3].txt"))
    run(RunPlan(tuple(files), out := tmp_path_factory.mktemp("real") / "run", codebook, settings), predictor)
    transcripts = map(read_transcript, files)
    cut = (segment_transcript(one, max_words=40, context_words=request.param) for one in transcripts)
    return out, {one.segment_id: one.context for one in itertools.chain(*cut) if one.role is Role.PARTICIPANT}


def test_the_context_is_what_the_model_read(real, tmp_path):
    folder, read = real
    population = load_population(folder)
    sample = draw_sample(population, len(population), strata=("none",), seed=0)
    write_sample(population, sample, tmp_path / "s.csv", context=True)
    rows = list(csv.DictReader((tmp_path / "s.csv").open(encoding="utf-8-sig")))
    assert {row["id"]: row["context"].removeprefix("'") for row in rows} == read
    tasks = {task.item.segment.segment_id: task.context for task in tasks_of(population.tables)}
    assert tasks == read


def test_the_workbook_comes_back_too(population, tmp_path):
    write_sample(population, draw_sample(population, 5, strata=("none",), seed=0), tmp_path / "s.csv", context=True)
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    heads = [cell.value for cell in book.active[1]]
    assert book.active.cell(2, heads.index("text") + 1).quotePrefix
    book.active.cell(2, heads.index("coder") + 1).value = "ann"
    book.save(tmp_path / "s.xlsx")
    (unit,) = load_gold([tmp_path / "s.xlsx"], codes=CODES)
    assert unit.first.text.startswith("=SUM") and unit.first.coder == "ann" and unit.first.codes == set()


def test_the_attitude_table_goes_out_without_the_machines_answers_and_comes_back(population, tmp_path):
    out, other = tmp_path / "s.csv", tmp_path / "s-attitudes.csv"
    sample = draw_sample(population, 60, strata=("codes",), seed=3)
    written = write_sample(population, sample, out, context=True, attitudes=True)
    assert {path.name for path in written} == {
        *("s.csv", "s.xlsx", "s.design.json", "s-attitudes.csv", "s-attitudes.xlsx")
    }
    rows = list(csv.DictReader(other.open(encoding="utf-8-sig")))
    drawn = [row["id"] for row in csv.DictReader(out.open(encoding="utf-8-sig"))]
    as_such, mentions = ([row for row in rows if bool(row["mention"]) is found] for found in (False, True))
    assert [row["id"] for row in as_such] == drawn and {row["partner_type"] for row in as_such} == {"partnership"}
    # Every third segment of the run mentions the council, at its start.
    assert {row["id"] for row in mentions} == {
        name for name in drawn if int(name.split(":")[1].split("-")[0]) % 300 == 10
    }
    assert {(row["mention"], row["mention_start"], row["mention_end"]) for row in mentions} == {("'=SUM", "0", "4")}
    assert {row["partner_type"] for row in mentions} == {"council"} and mentions[0]["passage"].startswith(
        "[=SUM](A1) caf"
    )
    assert {row["attitude"] + row["coder"] for row in rows} == {""}
    assert not {"positive", "negative", "neutral"} & set(rows[0])
    with pytest.raises(UsageError, match="none of its"):
        load_gold([other], codes=CODES)
    done = set(drawn[:40])
    filled = [
        row | {"coder": "ann", "attitude": "negative" if row["mention"] else "none"} if row["id"] in done else row
        for row in rows
    ]
    other.write_text(table(filled), encoding="utf-8")
    units = load_gold([other], codes=CODES)
    assert [unit.unit_id for unit in units] == drawn[:40]
    assert all(unit.first.mentions_asked and unit.first.partnership_asked for unit in units)
    assert {mention.mention for unit in units for mention in unit.first.attitudes} == {"=SUM"}
    # Its draw is that of the table for codes, with it and without.
    assert find_record([other], None, population.tables.path) == find_record([out], None, population.tables.path)
    found = prevalence(population, match(population, units, find_record([other], None, population.tables.path)))
    marked = sum(row["mention"] != "" for row in rows if row["id"] in done)
    council = {row.attitude: row for row in found.rows if row.name == "council"}
    assert council["negative"].marked == marked and council["negative"].coded == 40
    assert council["negative"].hand.share == 1 and council["neutral"].hand.share == 0
    with pytest.raises(UsageError, match="there already"):
        write_sample(population, sample, tmp_path / "s.csv", context=True, attitudes=True)


def test_an_attitude_table_of_which_only_mentions_are_filled_can_be_read_without_transcripts(population, tmp_path):
    other = tmp_path / "s-attitudes.csv"
    sample = draw_sample(population, 30, strata=("none",), seed=0)
    write_sample(population, sample, tmp_path / "s.csv", context=True, attitudes=True)
    rows = list(csv.DictReader(other.open(encoding="utf-8-sig")))
    filled = [row | ({"attitude": "neutral", "coder": "ann"} if row["mention"] else {}) for row in rows]
    other.write_text(table(filled), encoding="utf-8")
    units = load_gold([other], codes=CODES)
    assert len(units) == sum(row["mention"] != "" for row in rows)
    assert all(unit.first.text.startswith("=SUM(A1) caf") and unit.first.context.startswith("-and") for unit in units)


def test_mentions_are_corrected_only_where_segments_without_a_listed_one_were_read_too(population, tmp_path):
    out, other = tmp_path / "s.csv", tmp_path / "s-attitudes.csv"
    write_sample(population, draw_sample(population, 90, strata=("none",), seed=3), out, context=True, attitudes=True)
    rows = list(csv.DictReader(other.open(encoding="utf-8-sig")))
    listed = {row["id"]: row["mention"] for row in rows}
    bare = [name for name, mention in listed.items() if not mention]

    def told(*read):
        """A coder who judged all mentions, and of other segments put a name beside some."""
        marks = {"coder": "ann", "attitude": ""}
        attitudes = itertools.cycle(["negative", "positive"])
        filled = [
            row | (marks | {"attitude": next(attitudes)} if row["mention"] else marks if row["id"] in read else {})
            for row in rows
        ]
        other.write_text(table(filled), encoding="utf-8")
        units = load_gold([other], codes=CODES)
        found = prevalence(population, match(population, units, find_record([other], None, population.tables.path)))
        warned = [text for text in found.warnings if "without a listed mention" in text]
        return next(row for row in found.rows if (row.name, row.attitude) == ("council", "negative")), warned

    (none, of_none), (few, of_few), (every, of_every) = told(), told(*bare[:3]), told(*bare)
    assert none.corrected.share is none.worth is None and none.learnt
    assert none.hand.share == pytest.approx(0.5, abs=0.05) and none.hand.low is not None and none.machine.share == 0
    assert none.note == "no segment without a listed mention was marked as read: by hand-coding alone"
    assert "write your name under `coder` in the row of each segment that you read" in of_none[0]
    assert few.corrected.share is not None
    assert re.search(
        r"listed mention 3 were marked as read, where about \d\d are expected beside \d\d others", of_few[0]
    )
    assert every.corrected.share is not None and every.note == "" and not of_every


def test_a_draw_named_like_anothers_attitude_table_has_its_own_record(population, tmp_path):
    one, other = tmp_path / "x-attitudes.csv", tmp_path / "x.csv"
    for path, size in ((one, 12), (other, 20)):
        write_sample(population, draw_sample(population, size, strata=("none",), seed=size), path, context=False)
    run = population.tables.path
    assert [len(find_record([path], None, run).inclusion) for path in (one, other)] == [12, 20]
    with pytest.raises(UsageError, match="drawn apart"):
        find_record([one, other], None, run)


def test_the_attitude_workbook_comes_back_too(population, tmp_path):
    sample = draw_sample(population, 30, strata=("none",), seed=0)
    write_sample(population, sample, tmp_path / "s.csv", context=True, attitudes=True)
    book = openpyxl.load_workbook(tmp_path / "s-attitudes.xlsx")
    heads = {cell.value: cell.column for cell in book.active[1]}
    for row in range(2, book.active.max_row + 1):
        of_mention = book.active.cell(row, heads["mention"]).value
        book.active.cell(row, heads["attitude"]).value = "Positive" if of_mention else "none"
    book.active.cell(2, heads["coder"]).value = "ann"
    last = book.active.max_row + 1  # a mention that was not found
    added = {"id": book.active.cell(2, 1).value, "mention": "café", "partner_type": "housing", "attitude": "neutral"}
    for name, value in added.items():
        book.active.cell(last, heads[name]).value = value
    book.save(tmp_path / "s-attitudes.xlsx")
    units = load_gold([tmp_path / "s-attitudes.xlsx"], codes=CODES)
    assert len(units) == 30 and {coding.coder for unit in units for coding in unit.codings} == {"ann"}
    assert all(unit.first.mentions_asked and unit.first.partnership_asked for unit in units)
    (cafe,) = [mention for mention in units[0].first.attitudes if mention.partner_type == "housing"]
    assert units[0].first.text[cafe.start : cafe.end] == "café"


def test_the_same_seed_draws_the_same_and_another_does_not(population):
    first, again, other = (draw_sample(population, 30, strata=("rank",), seed=seed).chosen for seed in (1, 1, 2))
    assert first == again != other


def test_simple_random_gives_all_the_same_chance(population):
    assert set(draw_sample(population, 60, strata=("none",), seed=0).design.inclusion) == {60 / 240}


def test_faults(population, tmp_path):
    out = tmp_path / "sample.csv"
    sample = draw_sample(population, 5, strata=("none",), seed=0)
    write_sample(population, sample, out, context=False)
    with pytest.raises(UsageError, match="there already"):
        write_sample(population, sample, out, context=False)
    with pytest.raises(UsageError, match="no participant of this run has the attribute 'shoe'"):
        draw_sample(population, 5, strata=("shoe",), seed=0)
    with pytest.raises(UsageError, match="at least 1"):
        draw_sample(population, 0, strata=("none",), seed=0)
    bad = tmp_path / "bad.csv"
    bad.write_text("id,text,codes,coder,inclusion\na,b,,ann,1.5\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"inclusion '1\.5' is not above 0"):
        load_gold([bad])


def test_workbook_holds_text_as_text(population, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    sample = draw_sample(population, 5, strata=("none",), seed=0)
    write_sample(population, sample, tmp_path / "s.csv", context=True)
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx").active
    assert sheet.max_row == 6
    assert {cell.data_type for cell in sheet["D"]} == {"s"}


def test_whether_gold_was_drawn_unevenly_is_told_of_several_tables_and_without_their_designs(population, tmp_path):
    def drawn(name, seed, *strata):
        out = tmp_path / f"{name}.csv"
        write_sample(population, draw_sample(population, 40, strata=strata, seed=seed), out, context=False)
        rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
        out.write_text(table([row | {"coder": "ann", "id": f"{name}{row['id']}"} for row in rows]), encoding="utf-8")
        record = json.loads(out.with_suffix(".design.json").read_text(encoding="utf-8"))
        record["inclusion"] = {f"{name}{unit}": chance for unit, chance in record["inclusion"].items()}
        out.with_suffix(".design.json").write_text(json.dumps(record), encoding="utf-8")
        return out

    def uneven(*paths):
        return drawn_unevenly(paths, load_gold(paths, codes=CODES))

    simple, one, other = drawn("a", 1, "none"), drawn("b", 2, "codes"), drawn("c", 3, "codes", "uncertainty")
    plain = tmp_path / "plain.csv"
    plain.write_text("id,text,codes,coder\n1,Talk.,,ann\n2,More talk.,,ann\n", encoding="utf-8")
    assert not uneven(plain) and not uneven(simple, plain)
    assert uneven(one) and uneven(plain, one, other)  # of two draws too, which cannot be weighted together
    simple.with_suffix(".design.json").unlink()
    assert uneven(simple)
    simple.with_suffix(".design.json").write_text("{}", encoding="utf-8")
    assert uneven(simple)
    for chances, expected in ((("0.5", "0.5"), False), (("0.5", "0.1"), True), (("0.5", ""), False)):
        plain.write_text(
            table(
                [
                    {"id": i, "text": f"Talk {i}.", "codes": "", "coder": "ann", "inclusion": chance}
                    for i, chance in enumerate(chances)
                ]
            ),
            encoding="utf-8",
        )
        assert uneven(plain) is expected
