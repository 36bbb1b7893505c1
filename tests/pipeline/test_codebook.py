"""Codebooks: what is read, what is refused, and what stays the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import CODEBOOK, CODES

from pipeline.codebook import SHORTEST_FACET, Code, Codebook, load_codebook
from pipeline.errors import UsageError


@pytest.fixture
def load(tmp_path):
    def write_and_load(text):
        path = tmp_path / "book.yaml"
        path.write_text(text, encoding="utf-8")
        return load_codebook(path)

    return write_and_load


def test_themes_codes_and_labels(codebook):
    assert codebook.names == CODES
    assert codebook.theme_of == dict(zip(CODES, ("way_forward", "way_forward", "doubts"), strict=True))
    assert [codebook.label_of(name) for name in ("cost_saving", "way_forward", "doubts", "effectiveness")] == [
        "Cost saving",
        "The way forward",
        "doubts",
        "effectiveness",
    ]


def test_description_is_all_that_tells_what_a_code_means(codebook):
    assert codebook.all_codes[0].description == "effectiveness. partnership works. working together is good"
    assert codebook.all_codes[1].description == "Cost saving. money is saved"


def test_flat(load):
    book = load("name: flat\nversion: 2\ncodes: [{name: a b, label: ''}, {name: Über-Ich}]")
    assert (book.names, book.theme_of, book.version) == (("a b", "Über-Ich"), {}, "2")


def test_the_shipped_codebook():
    book = load_codebook("partnership-culture")
    assert (len(book.names), len(book.themes)) == (20, 6)
    assert all(code.definition and code.code_when and code.not_when for code in book.all_codes)


def test_hash_is_of_the_content_not_the_layout(load, codebook):
    assert load(f"# a comment\n{CODEBOOK}\n\n").sha256 == codebook.sha256
    assert load(CODEBOOK.replace("money is saved", "money is spent")).sha256 != codebook.sha256


def test_round_trip_through_the_manifest(codebook):
    assert Codebook.model_validate(codebook.model_dump(mode="json", exclude_none=True)) == codebook


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("", ["top level: expected a mapping"]),
        ("- a", ["top level: expected a mapping"]),
        ("name: x", ["give either `themes`"]),
        ("name: x\ncodes: [{name: a}]\nthemes: [{name: t, codes: [{name: b}]}]", ["give either `themes`"]),
        ("name: x\ncodes: [{name: a}, {name: b}, {name: a}]", ["code 'a' is given twice (line 2, line 2)"]),
        (
            "name: x\nthemes: [{name: t, codes: [{name: a}]}, {name: u, codes: [{name: a}]}]",
            ["code 'a' is given twice"],
        ),
        ("name: x\nthemes: [{name: t, codes: []}]", ["theme 1 't', line 2: codes is empty (each code begins with"]),
        ("name: x\ncodes: [{name: 'a;b'}]", ["code 1 'a;b', line 2: name 'a;b' begins or ends with"]),
        ("name: x\ncodes: [{name: ''}]", ["code 1, line 2: name '' is empty"]),
        ("name: x\ncodes: [{name: 'a '}]", ["code 1 'a ', line 2: name 'a ' begins or ends with a space"]),
        ("name: x\ncodes: [{name: a, colour: red}]", ["code 1 'a', line 2: colour 'red' is not of the form"]),
        ("name: x\ncodes: [{name: a, defintion: y}]", ["code 1 'a', line 2: unknown key 'defintion'"]),
        (
            "codes: [{nam: a}]\nlable: z",
            [
                "top level: name is missing",
                "line 1: name is missing",
                "unknown key 'nam'",
                "line 2: unknown key 'lable'",
            ],
        ),
        (
            "name: x\nthemes:\n- name: t\n  codes:\n  - name: b\n    definition:\n  - lonely\n  - {name: c, label: 2020}\n"
            "- name: u\n  definition: [d]\n  codes:\n  - name: b\n- name: v\n  codes:",
            [
                "theme 1 't', code 1 'b', line 6: definition is empty (write it, or leave the line out)",
                "theme 1 't', code 2, line 7: is 'lonely', not a mapping",
                "theme 1 't', code 3 'c', line 8: label is 2020, not text (put it in quotes)",
                "theme 2 'u', line 10: definition is a list, not text",
                "theme 3 'v', line 14: codes is empty (each code",
                "code 'b' is given twice (line 5, line 12)",
            ],
        ),
        (
            "name: x\ncodes:\n- name: a\n  definition: Why: money",
            ["line 4, column 18", "that holds a colon", "in quotes"],
        ),
        ("name: x\ncodes: [", ["line 2, column", "mend the YAML"]),
        ("name: x\nversion: 2024-13-45\ncodes: [{name: a}]", ["mend the YAML"]),
        ("name: \x00", ["mend the YAML"]),
    ],
)
def test_faults(load, tmp_path, text, fragments):
    with pytest.raises(UsageError) as caught:
        load(text)
    for fragment in (str(tmp_path / "book.yaml"), *fragments):
        assert fragment in str(caught.value)


def test_unknown_names_are_told_what_ships(tmp_path):
    with pytest.raises(UsageError, match=r"no such codebook .*partnership-culture"):
        load_codebook("no-such-book")
    with pytest.raises(UsageError, match="no such codebook"):
        load_codebook(tmp_path)
    (tmp_path / "other.yaml").write_text("name: x\ncodes: [{name: a}]")
    with pytest.raises(UsageError, match=r"no such codebook .*partnership-culture"):
        load_codebook(tmp_path / "other")


@pytest.mark.parametrize("name, text", [("a.qdc", "<CodeBook/>"), ("a.csv", 'name,label\n"a,b: c\n- d,'), ("a", "x")])
def test_a_codebook_in_another_format_is_no_yaml_to_mend(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=r"is no codebook in YAML .*`themes codebook FILE --out codebook.yaml`"):
        load_codebook(tmp_path / name)
    (tmp_path / name).write_text("name: x\ncodes: [{name: a}]")  # YAML under any name is read
    assert load_codebook(tmp_path / name).names == ("a",)


def test_not_utf8(tmp_path):
    (tmp_path / "book.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(UsageError, match="mend the YAML"):
        load_codebook(tmp_path / "book.yaml")


@pytest.mark.parametrize(
    ("code", "facets"),
    [
        ({"name": "cost_saving"}, ("cost saving",)),
        ({"name": "cost_saving", "label": "Saving money"}, ("Saving money",)),
        ({"name": "costs", "definition": "Money is saved."}, ("costs", "Money is saved.")),
        (
            {"name": "costs", "code_when": "“we save”; 'cheaper', \"one team, one budget\"."},
            ("costs", "we save", "cheaper", "one team", "one budget"),
        ),
        ({"name": "costs", "code_when": "a, to; , ;  few ,less of it"}, ("costs", "less of it")),
        ({"name": "it", "definition": "No."}, ("it. No",)),  # nothing long enough: the description as a whole
        ({"name": "costs", "not_when": "waste, delay"}, ("costs",)),
    ],
)
def test_facets(code, facets):
    assert Code(**code).facets == facets


@given(*[st.text("ab ;,.\"'“”", max_size=30)] * 3)
def test_facets_are_parts_that_say_something(label, definition, code_when):
    code = Code(name="x", label=label, definition=definition, code_when=code_when)
    assert code.facets
    if code.facets == (code.description,):
        return
    for facet in code.facets:
        assert len(facet) >= SHORTEST_FACET
        assert facet in (label, definition) or (facet in code_when and not set(facet) & set(";,"))
    # No part twice.
    assert sum(map(len, code.facets)) <= len(label) + len(definition) + len(code_when)


def test_facets_of_a_codebook(codebook):
    assert [code.facets for code in codebook.all_codes] == [
        ("effectiveness", "partnership works", "working together is good"),
        ("Cost saving", "money is saved"),
        ("Talking shop", "meetings and talk and nothing"),
    ]
