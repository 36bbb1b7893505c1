"""TEI and Akoma Ntoso: speeches, their speakers, what nobody says; and XML parsed with care."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import check_laws, roles, said

from pipeline.errors import NotATranscript, UnreadableInput
from pipeline.ingest.tei import read as read_tei
from pipeline.ingest.xml_tree import parsed
from pipeline.types import Role

NAMESPACE = 'xmlns="http://www.tei-c.org/ns/1.0"'
HEADER = """<teiHeader><fileDesc><titleStmt><title>Talk</title></titleStmt></fileDesc><profileDesc><particDesc><listPerson>
<person xml:id="INT" role="interviewer"><persName>Ann Lee</persName></person>
<person xml:id="P1" sex="M"><persName>Ben Roy</persName><occupation>sergeant</occupation></person>
</listPerson></particDesc></profileDesc></teiHeader>"""
BODY = """<text><timeline unit="s"><when xml:id="T0"/><when xml:id="T1" interval="2.5" since="#T0"/></timeline><body><div>
<head>First part</head>
<u who="#INT" start="#T0" end="#T1">Who do you <pause/>ring?</u>
<u who="#P1" start="#T1"><seg>We ring <choice><abbr>K.</abbr><expan>Karen</expan></choice> <note>laughs</note>there.</seg>
<note>a door</note><seg>She comes.</seg></u>
<note type="speaker">The chair:</note><u who="#X" ana="#chair"><w>Thank</w> <w join="right">you</w><pc>.</pc></u>
</div></body></text>"""
TEI = f'<?xml version="1.0"?><TEI {NAMESPACE}>{HEADER}{BODY}</TEI>'


def test_the_whole_file(read):
    transcript = read(TEI, "a.xml")
    assert transcript.format == "tei" and not transcript.warnings
    assert said(transcript) == [
        ("Ann Lee", ["Who do you ring?"]),
        ("Ben Roy", ["We ring Karen there.", "She comes."]),
        ("The chair", ["Thank you."]),
    ]
    assert roles(transcript)["Ann Lee"] is roles(transcript)["The chair"] is Role.INTERVIEWER
    assert transcript.speakers["Ben Roy"] == {"sex": "M", "occupation": "sergeant"}
    assert transcript.attributes == {"title": "Talk"}
    assert (transcript.turns[0].stretches[0].start_time, transcript.turns[0].stretches[0].end_time) == (0.0, 2.5)
    assert "First part" in transcript.text and "a door" in transcript.text
    check_laws(transcript)


@given(
    st.lists(st.tuples(st.sampled_from(["INT", "P1", ""]), st.sampled_from(["yes.", "why?", "we & they"])), min_size=1)
)
def test_every_utterance_comes_out_in_order(talk):
    said_ = "".join(f'<u who="#{who}">{words.replace("&", "&amp;")}</u>' for who, words in talk)
    draft = read_tei(f"<TEI {NAMESPACE}>{HEADER}<text><body>{said_}</body></text></TEI>".encode())
    names = {"INT": "Ann Lee", "P1": "Ben Roy", "": None}
    found = [(t.speaker, draft.text[s.start : s.end]) for t in draft.turns for s in t.stretches]
    assert found == [(names[who], words) for who, words in talk]


def test_a_play_and_a_corpus():
    play = "<sp who='#a'><speaker>Anna.</speaker><p>Go.</p><stage>exit</stage></sp><sp><speaker>Ben</speaker><l>No.</l></sp>"
    one = f"<TEI><text><body>{play}</body></text></TEI>"
    draft = read_tei(f"<teiCorpus>{one}{one}</teiCorpus>".encode())
    assert [turn.speaker for turn in draft.turns] == ["Anna", "Ben"] * 2


AKN = """<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><debate><meta><references>
<TLCPerson eId="alfa" href="/x" showAs="Mr. Alfa"/></references></meta><debateBody><debateSection>
<heading>MOTIONS</heading><narrative>(A bell)</narrative>
<speech by="#alfa"><from>Alfa:</from><p>I beg<noteRef href="#n" marker="1"/> to move.</p><scene>(Applause)</scene></speech>
<question by="#who"><from>Ms. Q:</from><p>Is there money?</p></question>
</debateSection></debateBody></debate></akomaNtoso>"""


def test_akoma_ntoso(read):
    for name in ("a.xml", "a.akn"):
        transcript = read(AKN, name)
        assert transcript.format == "akn" and not any("named" in warning for warning in transcript.warnings)
        assert said(transcript) == [("Mr. Alfa", ["I beg to move."]), ("Ms. Q", ["Is there money?"])]
        assert "(Applause)" in transcript.text and "MOTIONS" in transcript.text


@pytest.mark.parametrize(
    ("name", "data", "error", "says"),
    [
        ("a.xml", "<?xml version='1.0'?><config><a/></config>", NotATranscript, "it holds <config>"),
        ("a.xml", f"<TEI {NAMESPACE}><text><body><p>A novel.</p></body></text></TEI>", NotATranscript, "nobody speaks"),
        ("a.akn", AKN.replace("speech", "x").replace("question", "y"), NotATranscript, "nobody speaks"),
        ("a.xml", TEI[:900], UnreadableInput, "line .*the XML is damaged"),
        ("a.xml", TEI.replace("?>", '?><!DOCTYPE TEI [<!ENTITY e "x">]>'), UnreadableInput, "declares entities"),
        ("a.txt", "<?xml version='1.0'?><config/>", UnreadableInput, "named .txt but is an XML file"),
    ],
)
def test_refusals(read, name, data, error, says):
    with pytest.raises(error, match=says) as caught:
        read(data, name)
    assert caught.value.remedy


def test_a_document_type_without_entities_is_harmless(read):
    transcript = read(TEI.replace("?>", '?><!DOCTYPE TEI SYSTEM "http://example.org/tei.dtd">'), "a.xml")
    assert len(transcript.turns) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
def test_entities_are_refused_in_any_encoding(tmp_path, encoding):
    secret = tmp_path / "secret"
    secret.write_text("password")
    xml = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>'
    with pytest.raises(UnreadableInput) as caught:
        parsed(xml.encode(encoding), "file", "save it again")
    assert "password" not in str(caught.value)


def test_nesting_beyond_reason_is_refused():
    with pytest.raises(UnreadableInput, match="damaged"):
        parsed(b"<a>" * 5000 + b"</a>" * 5000, "file", "save it again")


def test_real_files(formats, read):
    folder = formats / "tei"
    committee = read((folder / "siParl_committee_1998-11-25.xml").read_bytes(), "c.xml")
    plain = (folder / "siParl_committee_1998-11-25.derived.txt").read_text(encoding="utf-8").split()
    words = [word for _, parts in said(committee) for part in parts for word in part.split()]
    assert words == [word for word in plain if word != "⋯"]  # the authors' own plain text, less its sign for a gap
    assert roles(committee)["PREDSEDNIK RAFAEL KUŽNIK"] is Role.INTERVIEWER
    tei = read((folder / "kenya_debate_2011_from_akoma_ntoso.xml").read_bytes(), "k.xml")
    akn = read((folder / "akoma_ntoso_kenya_debate_2011_original.xml").read_bytes(), "a.xml")
    assert [parts for _, parts in said(tei)] == [parts for _, parts in said(akn)]
    assert {turn.speaker for turn in akn.turns} >= {"Mr. Alfa", "Mr. Speaker", "Mr. Eta"}
