"""What is refused of strangers' files, in whatever encoding and packing it comes."""

import zipfile

import pytest

from pipeline import safety
from pipeline.safety import DECLARATIONS, declares, swells, xml_parser


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_declarations_are_seen_in_any_encoding(encoding):
    assert declares('<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode(encoding), *DECLARATIONS)
    assert not declares("<a>&lt;!DOCTYPE&gt;</a>".encode(encoding), *DECLARATIONS)


def test_members_that_swell(monkeypatch):
    info = zipfile.ZipInfo("a.xml")
    info.file_size, info.compress_size = safety.RATIO_FROM + 1, 1000
    assert swells(info)
    info.compress_size = info.file_size // safety.MAX_RATIO + 1
    assert not swells(info)
    info.file_size, info.compress_size = safety.RATIO_FROM, 0  # small ones may: a line said a million times
    assert not swells(info)


def test_the_parser_reads_no_entity(tmp_path):
    from lxml import etree

    (tmp_path / "secret").write_text("secret")
    where = (tmp_path / "secret").as_uri()
    content = f'<!DOCTYPE a [<!ENTITY b SYSTEM "{where}"><!ENTITY c "inner">]><a>&b;&c;</a>'
    root = etree.fromstring(content.encode(), xml_parser(remove_comments=True))
    assert "".join(root.itertext(etree.Element)) == ""
