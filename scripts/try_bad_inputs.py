"""Runs `themes run` on a folder of inputs that cannot be read, beside a good one, and prints what each gets.

    python scripts/try_bad_inputs.py

The full disk is a small tmpfs, which only root may mount; without the right to, that case is named as not tried.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from docx import Document

TALK = "Interviewer: How is it going with the council?\n\nP1: I ring Karen at the housing and it gets done. " * 3
ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&e;'
    "</w:t></w:r></w:p></w:body></w:document>"
)
ENCRYPTED_PDF = (
    b"%PDF-1.6\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R/Encrypt<</Filter/Standard/V 4>>>>\n%%EOF"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="partnership-culture")
    model = parser.parse_args().model
    with tempfile.TemporaryDirectory(prefix="themes-bad-") as work:
        folder, out = Path(work) / "inputs", Path(work) / "run"
        folder.mkdir()
        _make(folder)
        status, errors = _themes([str(folder), "--out", str(out), "--model", model])
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        print(f"exit status {status}; counts {manifest['counts']}\n")
        for failure in manifest["failures"]:
            print(f"{failure['status']:10} {failure['path'].rsplit('/', 1)[-1]}\n           {failure['reason']}")
        print("\ntraceback on stderr:", "Traceback" in errors)
        (folder / "secret.txt").chmod(0o600)
        _full_disk(Path(work), model)


def _make(folder: Path) -> None:
    (folder / "good.txt").write_text(TALK, encoding="utf-8")
    (folder / "good again.txt").write_text(TALK, encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "photo.docx").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(2000))
    whole = io.BytesIO()
    document = Document()
    document.add_paragraph("P1: We talk to the council.")
    document.save(whole)
    (folder / "truncated.docx").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    _swap_document(folder / "bomb.docx", whole.getvalue(), b"<w:p/>" + b" " * 600_000_000)
    _swap_document(folder / "entity.docx", whole.getvalue(), ENTITY.encode())
    (folder / "encrypted.pdf").write_bytes(ENCRYPTED_PDF)
    with (folder / "one line.txt").open("wb") as file:
        for _ in range(200):
            file.write(b"word " * 200_000)
    (folder / "secret.txt").write_text(TALK + "!", encoding="utf-8")
    (folder / "secret.txt").chmod(0)
    (folder / "loop").symlink_to(folder)
    (folder / "Интервью\nс сержантом 例.txt").write_text(TALK + "?", encoding="utf-8")


def _swap_document(path: Path, whole: bytes, content: bytes) -> None:
    """A copy of a docx with another `word/document.xml`."""
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, content if name == "word/document.xml" else source.read(name))


def _themes(arguments: list[str], *, user: bool = True) -> tuple[int, str]:
    """Run the command, as an ordinary user where this is root: to root every file is readable."""
    command = [sys.executable, "-m", "pipeline.cli", "run", *arguments]
    if user and os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def _full_disk(work: Path, model: str) -> None:
    small = work / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(small)], capture_output=True).returncode:
        print("full disk: not tried, this user may not mount a tmpfs")
        return
    try:
        arguments = [str(work / "inputs" / "good.txt"), "--out", str(small / "run"), "--model", model]
        status, errors = _themes(arguments, user=False)
        print(f"full disk: exit status {status}\n           {errors.strip()}")
        subprocess.run(["mount", "-o", "remount,size=8m", str(small)], check=True)
        status, _ = _themes(arguments, user=False)
        print(f"after space was freed, the same command: exit status {status}")
    finally:
        subprocess.run(["umount", str(small)], check=False)


if __name__ == "__main__":
    main()
