"""What a Word document's comments are anchored on, from its XML alone."""

from __future__ import annotations

from docx.oxml.ns import qn


def text_and_anchors(body) -> tuple[str, dict[int, str]]:
    """The body's text, a line a paragraph, and the words of each comment by its id."""
    lines, anchors, open_ = [], {}, set()
    for paragraph in body.iterchildren(qn("w:p")):
        if lines:
            for number in open_:
                anchors[number] += "\n"
        line = ""
        for element in paragraph.iter():
            number = element.get(qn("w:id"))
            if element.tag == qn("w:commentRangeStart"):
                open_.add(int(number))
                anchors[int(number)] = ""
            elif element.tag == qn("w:commentRangeEnd"):
                open_.remove(int(number))
            elif element.tag in (qn("w:t"), qn("w:tab")):
                said = "\t" if element.tag == qn("w:tab") else element.text
                line += said
                for number in open_:
                    anchors[number] += said
        lines.append(line)
    assert not open_
    return "\n".join(lines), anchors
