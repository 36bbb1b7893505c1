"""The likeliest segments of each code, whether assigned or not."""

from pipeline.likeliest import likeliest
from pipeline.tables import open_run


def test_the_likeliest_of_each_code_in_order(made_run, monkeypatch):
    tables = open_run(made_run)
    rows = list(tables.rows("themes"))
    for most in (1, 2, 5):
        for size in (1, 8_192):  # the table in pieces, and whole
            monkeypatch.setattr("pipeline.tables._BATCH_ROWS", size)
            found = likeliest(tables, most)
            for code in tables.manifest["codebook"]["codes"]:
                ranked = sorted((-row["probability"], row["segment_id"]) for row in rows if row["code"] == code)
                assert found[code] == [(name, -share) for share, name in ranked[:most]]
