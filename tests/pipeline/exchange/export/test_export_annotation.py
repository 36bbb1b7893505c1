"""Label Studio and Prodigy tasks: every label on its words, as each program counts; and Taguette's codebook."""

import csv
import json

import pytest
from lxml import etree

from pipeline.errors import UsageError
from pipeline.exchange.export import label_studio, prodigy, taguette_codebook
from pipeline.exchange.project import Project, ProjectCode
from pipeline.exchange.run_project import project_of_run
from pipeline.tables import open_run

MENTIONS = ["the council \U0001f600\n\nand", "police", "council"]


def in_javascript(text, start, end):
    """`text.substring(start, end)`: JavaScript counts UTF-16 units."""
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


@pytest.fixture
def tasks(odd, tmp_path):
    told = label_studio.write(odd, tmp_path / "run.json")
    assert told[0] == "the labelling set-up for it is run-setup.xml"
    return json.loads((tmp_path / "run.json").read_text(encoding="utf-8")), etree.parse(tmp_path / "run-setup.xml")


def test_regions_are_the_mentions(tasks):
    found = []
    for task in tasks[0]:
        text = task["data"]["text"]
        (prediction,) = task["predictions"]
        for result in prediction["result"]:
            if "start" in (value := result["value"]):
                assert in_javascript(text, value["start"], value["end"]) == value["text"]
                found.append((result["id"], result["type"], value["text"], *value.get("labels", value.get("choices"))))
    assert [item[2] for item in found[::2]] == MENTIONS
    assert [(kind, what) for _, kind, _, what in found[:2]] == [("labels", "local_authority"), ("choices", "negative")]
    assert [one[0] for one in found[::2]] == [two[0] for two in found[1::2]]  # the attitude is the region's


def test_whatever_is_predicted_can_be_chosen(tasks):
    offered = {
        control.get("name"): {option.get("alias") or option.get("value") for option in control}
        for control in tasks[1].iter("Choices", "Labels")
    }
    assert offered["codes"] == {"effectiveness", "cost_saving", "talking_shop"}
    results = [result for task in tasks[0] for result in task["predictions"][0]["result"]]
    assert {result["from_name"] for result in results} == {"codes", "partner", "attitude", "partnership"}
    for result in results:
        assert set(result["value"][result["type"]]) <= offered[result["from_name"]]
        assert result["to_name"] == "text"
    fields = {value[1:] for element in tasks[1].iter() if (value := element.get("value", "")).startswith("$")}
    assert all(task["data"][field] for task in tasks[0] for field in fields)


def test_tasks_are_the_participants_segments(tasks, odd):
    coded = [row["segment_id"] for row in odd.segments().to_pylist() if row["role"] == "participant"]
    assert [task["data"]["segment_id"] for task in tasks[0]] == coded
    assert [task["data"]["context"] for task in tasks[0]][:2] == [
        "\U0001f600 Who do you ring?",
        "👮🏽 we ring the council \U0001f600 and the police. And?",  # one word is not context enough
    ]
    assert [task["data"]["left_to_a_human"] for task in tasks[0]] == [False, True, False, False, False]


def test_somebodys_set_up_is_not_replaced(odd, tmp_path):
    (tmp_path / "run-setup.xml").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        label_studio.write(odd, tmp_path / "run.json")
    assert [path.name for path in tmp_path.iterdir()] == ["run-setup.xml"]


def test_prodigy_spans_and_choices(odd, tmp_path, lines):
    told = prodigy.write(odd, tmp_path / "run.jsonl")
    found = lines(tmp_path / "run.jsonl")
    spans = [(line["text"][span["start"] : span["end"]], span) for line in found for span in line["spans"]]
    assert [words for words, _ in spans] == [span["text"] for _, span in spans] == MENTIONS
    assert spans[0][1]["label"] == "Attitude to local authority / negative"
    assert [line["accept"] for line in found] == [
        ["cost_saving", "talking_shop"],
        [],
        ["cost_saving"],
        ["talking_shop"],
        ["Attitude to partnership / positive"],
    ]
    assert all({option["id"] for option in line["options"]} >= set(line["accept"]) for line in found)
    assert told == ["1 segment that the run left to a human carry no code"]


def test_taguettes_codebook(odd, tmp_path):
    assert taguette_codebook.write(project_of_run(odd), tmp_path / "tags.csv") == []
    with (tmp_path / "tags.csv").open(encoding="utf-8-sig", newline="") as file:
        tags = {row["name"]: row["description"] for row in csv.DictReader(file)}
    assert "The way forward.Cost saving" in tags and "money is saved" in tags["The way forward.Cost saving"]
    assert {"Attitude to police / negative", "doubts.Talking shop"} <= set(tags)


def test_long_and_equal_tags(tmp_path):
    codes = [ProjectCode(str(number), "x" * 250) for number in range(3)]
    told = taguette_codebook.write(Project("p", (), tuple(codes), ()), tmp_path / "tags.csv")
    with (tmp_path / "tags.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(set(names)) == 3 and max(map(len, names)) <= 200
    assert told == ["3 codes have names longer than Taguette takes, and were cut"]


def test_a_model_without_codes_gives_label_studio_no_score(made_run, run_without, tmp_path):
    for run, scored in ((made_run, True), (run_without("themes"), False)):
        out = tmp_path / f"{scored}.json"
        label_studio.write(open_run(run), out)
        tasks = json.loads(out.read_text(encoding="utf-8"))
        assert {"score" in task["predictions"][0] for task in tasks} == {scored}
