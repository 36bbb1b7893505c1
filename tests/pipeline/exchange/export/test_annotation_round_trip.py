"""What people corrected in Label Studio and Prodigy comes back as gold on the run's segments.

The answers are made by hand from our own export, as the programs write them (Label Studio 1.x JSON export, `prodigy db-out`).
"""

import copy
import json

import pytest

from pipeline.evaluate.evaluation import coder_against_coder, machine_against_coder
from pipeline.evaluate.in_run import look_up
from pipeline.exchange import label_studio as label_studio_reader
from pipeline.exchange import prodigy as prodigy_reader
from pipeline.exchange.export import label_studio, prodigy
from pipeline.exchange.export.stream import codebook_of, transcripts_of
from pipeline.exchange.gold_files import write_gold
from pipeline.exchange.gold_project import project_of_gold
from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.refi.project_file import read as read_project
from pipeline.exchange.refi.writing import write as write_project
from pipeline.exchange.registry import reader_of
from pipeline.gold import GoldUnit, load_gold
from pipeline.votes import training_unit

COUNCIL = "the council \U0001f600\n\nand"


def in_label_studio(tasks, results, *, coder=1, number=11, when="2026-02-01T10:00:00.000000Z", **more):
    """Tasks as Label Studio exports them once annotated; `results(task)` gives what a person left there."""
    done = []
    for place, task in enumerate(tasks, 1):
        annotation = {
            "id": number * 100 + place,
            "completed_by": coder,
            "result": results(copy.deepcopy(task)),
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": when,
            "updated_at": when,
            "lead_time": 12.5,
            "prediction": {},
            "result_count": 1,
            "task": place,
            "parent_prediction": place,
            **more,
        }
        facts = {"id": place, "drafts": [], "predictions": [], "meta": {}, "inner_id": place, "total_annotations": 1}
        done.append({**facts, "data": task["data"], "annotations": [annotation]})
    return done


def accepted(task):
    """The predictions, submitted as they are."""
    return [{**result, "origin": "prediction"} for result in task["predictions"][0]["result"]]


def both(first, second):
    """Two people's annotations of the same tasks."""
    return [
        {**one, "annotations": one["annotations"] + two["annotations"]} for one, two in zip(first, second, strict=True)
    ]


@pytest.fixture
def tasks(odd, tmp_path):
    label_studio.write(odd, tmp_path / "run.json")
    return json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))


def gold_of(project, folder):
    rows = gold_rows(project)
    written = write_gold(folder / "gold" / "gold.csv", project, rows, overwrite=False)
    assert not any(path.suffix == ".txt" for path in written)  # a segment is no transcript
    return load_gold([written[-1]])


def read_tasks(content, folder):
    path = folder / "project-1-at-2026-02-01.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert reader_of(path).name == "label-studio"
    return label_studio_reader.read(path)


def test_accepted_predictions_are_the_run_again(odd, odd_run, tasks, tmp_path):
    gold = gold_of(read_tasks(in_label_studio(tasks, accepted), tmp_path), tmp_path)
    machine = look_up(odd_run, gold)
    assert (machine.missing, machine.held, len(machine.units)) == (0, 1, 4)
    for unit, assigned, attitudes in zip(machine.units, machine.assigned, machine.attitudes, strict=True):
        assert unit.first.codes == {code for code, given in zip(machine.codes, assigned, strict=True) if given}
        assert {
            (item.start, item.end, item.partner_type): item.attitude.value for item in unit.first.attitudes or ()
        } == {
            (*(place if place[0] >= 0 else (None, None)), said.partner_type): said.attitude
            for place, said in attitudes.items()
        }
    contexts = {segment.segment.segment_id for one in transcripts_of(odd) for segment in one.segments}
    assert {unit.unit_id for unit in gold} <= contexts
    assert gold[0].first.context == "\U0001f600 Who do you ring?"


def corrected(task):
    """A person took one code away and gave another, turned an attitude round, and marked a partner of their own."""
    results = accepted(task)
    for result in results:
        if result["from_name"] == "codes":
            result["value"]["choices"] = ["effectiveness"]
            result["origin"] = "prediction-changed"
        if result["from_name"] == "attitude":
            result["value"]["choices"] = ["neutral"]
    if "ring" in task["data"]["text"]:
        at = len(task["data"]["text"].split("we ring")[0].encode("utf-16-le")) // 2
        span = {"start": at, "end": at + 2, "text": "we"}
        for control, kind, value in (("partner", "labels", "other_force"), ("attitude", "choices", "positive")):
            region = {"id": "KxGVR2X7qm", "from_name": control, "to_name": "text", "type": kind, "origin": "manual"}
            results.append({**region, "value": {**span, kind: [value]}})
    return results


def test_corrections_of_two_people(odd_run, tasks, tmp_path):
    ann = in_label_studio(tasks, corrected, coder={"id": 1, "email": "ann@x.org", "first_name": "", "last_name": ""})
    bob = in_label_studio(tasks, lambda task: [], coder=2, number=12)
    early = in_label_studio(tasks, accepted, coder=2, number=13, when="2026-01-01T10:00:00.000000Z")
    project = read_tasks(both(both(ann, bob), early), tmp_path)
    gold = gold_of(project, tmp_path)
    assert look_up(odd_run, gold).missing == 0
    first = gold[0]
    assert first.by("ann@x.org").codes == {"effectiveness"} and first.by("2").codes == set()
    given = {(item.mention, item.partner_type, item.attitude.value) for item in first.by("ann@x.org").attitudes}
    assert given == {
        (COUNCIL, "local_authority", "neutral"),
        ("police", "police", "neutral"),
        ("we", "other_force", "positive"),
    }
    assert [warning for warning in project.warnings if "replaced by a later one" in warning]


def test_a_run_that_was_imported_twice_is_coded_once(odd_run, tasks, tmp_path):
    """The same segment in two tasks: a coder's last answer counts, another's only one stays."""
    late = in_label_studio(tasks, lambda task: [], number=12, when="2026-03-01T10:00:00.000000Z")
    bob = in_label_studio(tasks, accepted, coder=2, number=13)
    project = read_tasks([*both(late, bob), *in_label_studio(tasks, accepted)], tmp_path)
    gold = gold_of(project, tmp_path)
    assert look_up(odd_run, gold).missing == 0 and len(gold) == len(tasks)
    assert all(unit.by("1").codes == set() for unit in gold) and any(unit.by("2").codes for unit in gold)
    assert [warning for warning in project.warnings if "replaced by a later one" in warning]


def test_what_is_no_answer(tasks, tmp_path):
    skipped = in_label_studio(tasks[:1], accepted, was_cancelled=True)
    unasked = in_label_studio(tasks[1:2], lambda task: [])
    unasked[0]["annotations"] = []
    changed = in_label_studio(tasks[2:3], accepted)
    changed[0]["data"] = {**changed[0]["data"], "text": "Somebody wrote this."}
    project = read_tasks([*skipped, *unasked, *changed], tmp_path)
    assert [source.origin for source in project.sources] == [None]
    assert any("another text than the run's segment" in warning for warning in project.warnings)


@pytest.fixture
def lines(odd, tmp_path):
    prodigy.write(odd, tmp_path / "run.jsonl")
    return [json.loads(line) for line in (tmp_path / "run.jsonl").read_text(encoding="utf-8").split("\n") if line]


def answered(lines, view, *, coder="ann", answer="accept", change=lambda line: {}):
    """Lines as `prodigy db-out` gives them."""
    marks = {"_input_hash": 1, "_task_hash": 2, "_view_id": view, "answer": answer, "_timestamp": 1_770_000_000}
    session = {"_annotator_id": f"run-{coder}", "_session_id": f"run-{coder}"}
    return [{**line, **marks, **session, **change(line)} for line in lines]


def read_lines(content, folder):
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in content), encoding="utf-8")
    assert reader_of(path).name == "prodigy"
    return prodigy_reader.read(path)


def test_prodigys_answers_are_the_run_again(odd_run, lines, tmp_path):
    gold = gold_of(read_lines(answered(lines, "blocks"), tmp_path), tmp_path)
    machine = look_up(odd_run, gold)
    assert (machine.missing, machine.held) == (0, 1)
    for unit, assigned in zip(machine.units, machine.assigned, strict=True):
        assert unit.first.codes == {code for code, given in zip(machine.codes, assigned, strict=True) if given}
    assert sum(len(unit.first.attitudes or ()) for unit in gold) == 4  # one of them to partnership as such
    assert {item.partner_type for unit in gold for item in unit.first.attitudes or ()} == {
        "local_authority",
        "police",
        "partnership",
    }


def test_only_what_the_interface_asked_for_counts(odd_run, lines, tmp_path):
    chosen = answered(lines, "choice", change=lambda line: {"accept": ["effectiveness"]})
    again = answered(lines, "choice", change=lambda line: {"accept": []})
    marked = answered(lines, "spans_manual", coder="bob", change=lambda line: {"spans": line["spans"][1:]})
    gold = gold_of(read_lines([*chosen, *again, *marked], tmp_path), tmp_path)
    assert look_up(odd_run, gold).missing == 0 and len(gold) == 5
    assert all(unit.by("ann").codes == set() and unit.by("ann").attitudes is None for unit in gold)
    bob = [unit.by("bob") for unit in gold]
    assert [[item.mention for item in coding.attitudes] for coding in bob] == [["police"], [], [], [], []]
    assert {(coding.codes, coding.mentions_asked, coding.partnership_asked) for coding in bob} == {(None, True, False)}


def test_who_only_marked_spans_found_none_where_nothing_is_marked(odd, odd_run, lines, tmp_path):
    marked = answered(lines, "spans_manual", coder="bob", change=lambda line: {"spans": line["spans"][1:]})
    none = answered(lines, "ner_manual", coder="cy", change=lambda line: {"spans": []})
    chosen = answered(lines, "choice", change=lambda line: {"accept": ["Attitude to partnership / negative"]})
    gold = gold_of(read_lines([*chosen, *marked, *none], tmp_path), tmp_path)
    book, machine = codebook_of(odd), look_up(odd_run, gold)
    found = {coder: machine_against_coder(machine, coder, book).detection["all"] for coder in ("bob", "cy")}
    # Of three mentions by the machine, in two segments, bob left one and cy none.
    assert found["bob"]["exact_precision"].value == 0.3333 and found["cy"]["exact_precision"].value == 0
    assert not coder_against_coder(gold, "ann", "bob", book).stances  # bob was never asked for partnership as such
    assert training_unit(gold[0], book.names).partnership == (0, 1, 0, 0)
    units = [GoldUnit(unit.unit_id, (unit.by("cy"),)) for unit in gold]
    write_project(project_of_gold(units, "p"), tmp_path / "p.qdpx")
    again = gold_rows(read_project(tmp_path / "p.qdpx")).codings
    assert [(coding.coder, coding.attitudes) for coding in again] == [("cy", ())] * 5


def test_a_coder_with_labels_of_their_own_says_nothing_of_partners(lines, tmp_path):
    def quote(line):
        return {"spans": [{"start": 0, "end": 2, "label": "QUOTE"}] if line["text"] == lines[0]["text"] else []}

    own = answered(lines, "spans_manual", coder="bob", change=quote)
    chosen = answered(lines, "choice", coder="bob", change=lambda line: {"accept": ["effectiveness"]})
    project = read_lines([*chosen, *own], tmp_path)
    assert all(unit.by("bob").attitudes is None for unit in gold_of(project, tmp_path))
    assert [w for w in project.warnings if w.startswith("4 segments have no span by a coder whose labels are others")]
    # Another coder, and another interface, are judged by their own labels.
    marked = answered(lines, "spans_manual", coder="cy", change=lambda line: {"spans": []})
    other = answered(lines, "ner_manual", coder="bob", change=lambda line: {"spans": []})
    gold = gold_of(read_lines([*own, *marked], tmp_path), tmp_path / "cy")
    assert [[(coding.coder, coding.attitudes) for coding in unit.codings] for unit in gold] == [[("cy", ())]] * 5
    assert len(gold_of(read_lines([*own, *other], tmp_path), tmp_path / "bob")) == 5


def test_who_chose_the_attitude_to_partnership_was_not_asked_for_mentions(odd, odd_run, lines, tmp_path):
    as_such = "Attitude to partnership / negative"
    chosen = answered(lines, "choice", change=lambda line: {"accept": [as_such]})
    marked = answered(lines, "blocks", coder="bob")
    gold = gold_of(read_lines([*chosen, *marked], tmp_path), tmp_path)
    machine = look_up(odd_run, gold)
    assert [unit.by("ann").mentions_asked for unit in gold] == [False] * 5
    book = codebook_of(odd)
    ann, bob = (machine_against_coder(machine, coder, book) for coder in ("ann", "bob"))
    assert ann.stances and not ann.detection and bob.detection["all"]["exact_f1"].value == 1.0
    assert not coder_against_coder(gold, "ann", "bob", book).detection


def test_rejected_segments_have_no_gold(lines, tmp_path):
    project = read_lines(answered(lines, "blocks", answer="reject"), tmp_path)
    assert not project.codings and "rejected or ignored" in project.warnings[0]


def test_equal_words_of_two_places_are_two_texts(tmp_path):
    tasks = [{"text": "Yes.", "meta": {"source": name, "score": 0.1}, "label": "agrees"} for name in ("a", "b", "a")]
    tasks[2]["meta"]["score"] = 0.9
    project = read_lines([{**task, "answer": "accept", "_task_hash": 1} for task in tasks], tmp_path)
    assert len(project.sources) == 2 and len(project.codings) == 2
