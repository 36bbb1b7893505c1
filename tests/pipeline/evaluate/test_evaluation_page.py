"""The page: one file, no script, all text escaped, disagreements by surprise and by code."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from toys import CODES, table

from models.decisions import ATTITUDES
from pipeline.evaluate.ceiling import human_ceiling
from pipeline.evaluate.disagreements import attitude_disagreements, confused, disagreements
from pipeline.evaluate.evaluation import attitude_answers, coder_against_coder, machine_against_gold
from pipeline.evaluate.judge import NOWHERE, MachineAttitude, MachineCoding, code_gold
from pipeline.evaluate.page import write_page
from pipeline.gold import load_gold

VILE = "<script>alert('x')</script> & \"quoted\" ]]>"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.wrong = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "input", "line", "rect", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def machine(tmp_path):
    """Three units: a sure addition, an unsure miss that another code stands in for, and agreement."""
    rows = [
        {"id": "added", "group": "g1", "context": VILE, "text": VILE, "codes": ""},
        {"id": "missed", "group": "g2", "text": "Talk.", "codes": "effectiveness"},
        {"id": "same", "group": "g3", "text": "Same.", "codes": "talking_shop"},
    ]
    (tmp_path / "gold.csv").write_text(table(rows), encoding="utf-8")
    units = load_gold([tmp_path / "gold.csv"])
    p = np.array([[0.97, 0.1, 0.1], [0.4, 0.6, 0.0], [0.0, 0.0, 0.9]])
    return MachineCoding(units, CODES, p, p > 0.5, [{}, {}, {}])


def page(path, codebook, machine, **more):
    comparison = machine_against_gold(machine, codebook)
    options = {"comparisons": [comparison], "answers": attitude_answers(machine), "ceiling": None, "spans": []}
    options |= {"slices": [], "notices": []} | more
    write_page(path, codebook=codebook, machine=machine, **options)
    return path.read_text(encoding="utf-8")


def test_the_page_is_one_file_without_scripts_and_escapes_gold(machine, codebook, tmp_path):
    html = page(tmp_path / "report.html", codebook, machine, notices=[VILE])
    assert "<script" not in html and html.count("&lt;script&gt;") == 3
    tags = Tags()
    tags.feed(html)
    assert tags.wrong == [] and tags.open == []
    assert not {name for _, attributes in tags.seen for name in attributes} & {"src", "onclick"}
    links = [attributes["href"] for _, attributes in tags.seen if "href" in attributes]
    places = {attributes.get("id") for _, attributes in tags.seen}
    assert links and all(link[0] == "#" and link[1:] in places for link in links)
    panels = [attributes for tag, attributes in tags.seen if attributes.get("class") == "panel"]
    assert panels and all(item["tabindex"] == "0" and item["aria-label"] for item in panels)
    # Reasons stand in the open, not only where a mouse points.
    listed = html.split("<details>")[1].split("</details>")[0]
    assert re.search(r"<li>Cost saving, [^<]*recall[^<]*: undefined: gold never has it</li>", listed)
    assert "default-src 'none'" in html and not re.search(r"https?://|url\(", html)


def test_disagreements_by_surprise_and_filtered_by_code(machine, codebook, tmp_path):
    found = disagreements(machine, codebook)
    assert [(item.unit_id, item.surprise) for item in found] == [("added", 0.97), ("missed", 0.6)]
    assert [(answer.code, answer.kind) for answer in found[1].answers] == [
        ("effectiveness", "missed"),
        ("cost_saving", "added"),
    ]
    assert confused(machine, codebook) == {("effectiveness", "cost_saving"): 1}
    html = page(tmp_path / "report.html", codebook, machine)
    assert re.findall(r'<article class="([^"]*)"', html) == ["c0 ", "c0 c1 "]
    assert 'id="f0"' in html and 'id="f1"' in html and 'id="f2"' not in html
    assert "#f0:checked ~ .list article:not(.c0)" in html


def test_a_whole_evaluation_is_on_the_page(gold, codebook, predictor, tmp_path):
    machine = code_gold(predictor, gold)
    comparisons = [machine_against_gold(machine, codebook), coder_against_coder(gold, "ann", "bob", codebook)]
    html = page(
        tmp_path / "report.html", codebook, machine, comparisons=comparisons, ceiling=human_ceiling(machine, codebook)
    )
    for heading in (
        "Codes: machine against gold",
        "Confusion",
        "Do probabilities mean",
        "People, and the machine",
        "Attitudes",
    ):
        assert heading in html
    assert html.count("<svg") == len(CODES) + 1 + 4 and html.count("<circle") >= len(CODES) + 1
    tags = Tags()
    tags.feed(html)
    assert tags.wrong == [] and tags.open == []


def test_attitudes_that_differ_are_shown_in_context_by_surprise(codebook, tmp_path):
    said = [
        ("u1", "positive", (0.5, 0.2, 0.3)),
        ("u2", "neutral", (0.1, 0.2, 0.7)),
        ("u3", "positive", (0.0, 0.1, 0.9)),
    ]
    rows = [
        {"id": name, "group": name, "text": f"<b> The council, {name}.", "coder": "ann", "attitude": given}
        | ({"mention_start": 8, "mention_end": 15} if name != "u2" else {})
        for name, given, _ in said
    ]
    (tmp_path / "gold.csv").write_text(table(rows), encoding="utf-8")
    units = load_gold([tmp_path / "gold.csv"])
    spans = [NOWHERE if name == "u2" else (8, 15) for name, _, _ in said]
    answers = [
        {span: MachineAttitude(ATTITUDES[int(np.argmax(p))], p)} for span, (_, _, p) in zip(spans, said, strict=True)
    ]
    nothing = np.zeros((3, 3))
    machine = MachineCoding(units, CODES, nothing, nothing > 0, answers)
    found = attitude_disagreements(machine)
    assert [(item.unit_id, item.mention, item.gold, item.attitude) for item in found] == [
        ("u2", "", "neutral", "positive"),
        ("u1", "council", "positive", "negative"),
    ]
    assert [(item.surprise, item.probability) for item in found] == [(0.8, 0.7), (0.7, 0.5)]
    html = page(tmp_path / "report.html", codebook, machine)
    assert "&lt;b&gt; The <mark>council</mark>, u1." in html and "partnership as such</header>" in html
    assert html.index("The council, u2") < html.index("</mark>, u1") and "</mark>, u3" not in html
