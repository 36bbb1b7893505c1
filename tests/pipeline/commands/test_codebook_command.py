"""`themes codebook`: a codebook shown, or what is wrong with it."""

from messages import one_line


def test_codebook(themes, codebook_file, tmp_path):
    status, out, err = themes("codebook", codebook_file)
    assert (status, err) == (0, "") and "toy (3 codes)" in out and "money is saved" in out
    status, out, _ = themes("codebook", "partnership-culture")
    assert status == 0 and "Partnership culture (20 codes)" in out
    (tmp_path / "bad.yaml").write_text("name: x\ncodes: [{nme: [/b]}]")
    status, out, err = themes("codebook", tmp_path / "bad.yaml")
    assert (status, out) == (2, "") and "code 1, line 2: unknown key 'nme'" in one_line(err)
