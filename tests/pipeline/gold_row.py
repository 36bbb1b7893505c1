"""A row of a gold table that gives codes, and one that gives the attitude to a mention in the same unit."""

THEMES = {"id": "u1", "group": "g1", "text": "Ring the council.", "codes": "effectiveness", "coder": "ann"}
MENTION = {
    "id": "u1",
    "coder": "ann",
    "mention": "council",
    "mention_start": 9,
    "mention_end": 16,
    "attitude": "positive",
}
