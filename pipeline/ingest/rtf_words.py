"""The tokens and control words of rich text (Rich Text Format Specification 1.9.1), as far as talk is in them."""

from __future__ import annotations

import re

from pipeline.ingest.conventions import words_of

TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<sign>.)|(?P<brace>[{}])"
    r"|[\r\n\0]+|(?P<text>[^\\{}\r\n\0]+)|\\",
    re.DOTALL,
)
SKIPPED = words_of("""
    annotation atnauthor atndate atnicn atnid atnparent atnref atntime atrfend atrfstart author background
    bkmkend bkmkstart buptim category colortbl comment company creatim do doccomm falt ffdeftext ffname fldinst
    filetbl footer footerf footerl footerr footnote ftncn ftnsep ftnsepc header headerf headerl headerr info keywords
    listoverridetable listtable listtext manager nextfile nonesttables nonshppict objclass objdata object operator pict
    pn pnseclvl pntext pntxta pntxtb printim private revtbl revtim rxe shp shpinst shptxt shppict stylesheet subject tc
    template title txe xe
""")
SIGNS = {"~": "\u00a0", "_": "\u2011", "-": "", "\\": "\\", "{": "{", "}": "}", "\t": "\t"}
CHARACTERS = {
    "tab": "\t",
    "line": "\n",
    "lbr": "\n",
    "emdash": "\u2014",
    "endash": "\u2013",
    "emspace": "\u2003",
    "enspace": "\u2002",
    "bullet": "\u2022",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "nestcell": "\t",
    "nestrow": "\n",
}
CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gbk",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850", "ansi": "cp1252"}
TITLE_STYLES = ("heading", "title", "subtitle", "toc", "überschrift", "titre", "titel")
