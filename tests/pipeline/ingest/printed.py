"""Makes small PDFs by hand: text at places on pages, in Helvetica."""

from __future__ import annotations

from collections.abc import Sequence

Placed = tuple[float, float, str] | tuple[float, float, str, str]
"""Left, baseline, words, and `bold`, `italic`, `large` or `flat` where they are: in a font that says nothing of its ascent."""


def pdf(*pages: Sequence[Placed], rotated: bool = False) -> bytes:
    """A PDF of the pages, uncompressed."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects += [b"<< /Type /Font /Encoding /WinAnsiEncoding %s >>" % font for font in FONTS.values()]
    kids = []
    for page in pages:
        stream = b"\n".join(_shown(placed, rotated) for placed in page)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << %s >> >> >>"
            % (content, b" ".join(b"/F%d %d 0 R" % (n, n + 3) for n in range(len(FONTS))))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + head + table + trailer


FONTS = {
    "": b"/Subtype /Type1 /BaseFont /Helvetica",
    "bold": b"/Subtype /Type1 /BaseFont /Helvetica-Bold",
    "italic": b"/Subtype /Type1 /BaseFont /Helvetica-Oblique",
    "flat": b"/Subtype /TrueType /BaseFont /Liberation /FontDescriptor << /Type /FontDescriptor /FontName /Liberation "
    b"/Flags 4 /FontBBox [0 0 1 1] /Ascent 0 /Descent 0 /ItalicAngle 0 /CapHeight 0 /StemV 80 >>",
}


def _shown(placed: Placed, rotated: bool) -> bytes:
    x, y, words, *style = placed
    escaped = words.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    matrix = (0, 1, -1, 0, 800 - y, x) if rotated else (1, 0, 0, 1, x, y)
    font = next((number for number, name in enumerate(FONTS) if name in style), 0)
    size = 20 if "large" in style else 10
    return b"BT /F%d %d Tf %g %g %g %g %g %g Tm (%s) Tj ET" % (font, size, *matrix, escaped)


def lines(*texts: str, left: float = 72, top: float = 760, pitch: float = 12) -> list[Placed]:
    """Lines from the top down; an empty one leaves a gap."""
    return [(left, top - pitch * place, text) for place, text in enumerate(texts) if text]
