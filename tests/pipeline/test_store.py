"""Files are replaced as a whole or not at all."""

from pipeline.store import write_atomically


def test_write_atomically_replaces_and_leaves_nothing_aside(tmp_path):
    path = tmp_path / "new" / "file.json"
    write_atomically(path, "one")
    write_atomically(path, "zwölf")
    assert path.read_text(encoding="utf-8") == "zwölf"
    assert list(path.parent.iterdir()) == [path]
