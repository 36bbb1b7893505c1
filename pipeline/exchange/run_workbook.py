"""A run as a workbook: how its sheets and columns are called, on the way out and back.

Beside what people see, a workbook carries what the machine gave, unseen: what differs from it was changed by a person.
"""

from __future__ import annotations

SEGMENTS, CODINGS, ATTITUDES = "Segments", "Codes", "Attitudes"
LIKELIEST = "Likeliest"
"""A sheet that is there only where the model has learnt no codes, and is not read on the way back."""
MACHINE_GAVE, CODEBOOK = "Coded by the machine", "Codebook of the machine"
"""Sheets that are not shown: the rows of `MACHINE_COLUMNS`, and the codebook's QDC in pieces."""
SEGMENT, TEXT, CODES, CODE, CHECKED_BY = "Segment", "Text", "Codes", "Code", "Checked by"
PARTNER_TYPE, MENTION, ATTITUDE = "Partner type", "Mention", "Attitude"
MENTION_START, MENTION_END = "Mention's start", "Mention's end"
ROLE, TRANSCRIPT, START, END, GIVEN, CONTEXT = "Role", "Transcript", "Start", "End", "Attitudes", "Context"
NEEDED_COLUMNS = (SEGMENT, TRANSCRIPT, ROLE, START, END, CODES, GIVEN, TEXT)
MACHINE_COLUMNS = (*NEEDED_COLUMNS[:-1], CONTEXT, TEXT)
"""`Context` is the talk before that the model read, as JSON; workbooks of version 0.10 and before have none. `Transcript` as a
gold table names it; `Attitudes` as JSON, a list of start, end, type of partner, attitude for each; `Text` as JSON, where it
holds what no cell can, or is longer: in pieces then, the further ones in rows with nothing else but `Segment`."""
PIECE = 30_000
"""Characters of the codebook, or of a text, in a cell."""
