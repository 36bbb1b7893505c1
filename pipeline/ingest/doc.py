"""Binary Word documents (.doc), which no light library reads: LibreOffice, where it is installed, makes a docx of them.

It runs without a window, with a profile of its own that is thrown away, macros and links off, and a time limit.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from pipeline.errors import UnreadableInput
from pipeline.ingest import docx
from pipeline.ingest.draft import Draft
from pipeline.ingest.sniff import kind_of, remedy_for

TIME_LIMIT = 120.0
"""Seconds; a first start on a slow disk takes some ten, a book-length document a few more."""
_NAMES = ("soffice", "libreoffice", "soffice.exe")
_SAVE = "save it as .docx in Word or another program"
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{items}
</oor:items>
"""
_ITEM = (
    '<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
)
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    # A proxy that nobody answers at: whatever the document links to, nothing is fetched.
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def read(data: bytes) -> Draft:
    """Read a binary Word document by way of LibreOffice.

    Raises:
        UnreadableInput: LibreOffice is not there, cannot read the file, or takes longer than `TIME_LIMIT`.
    """
    kind = kind_of(data)
    if kind is not None and "password" in kind:
        raise UnreadableInput(kind, remedy=remedy_for(kind))
    if kind is None or "doc" not in kind:
        raise UnreadableInput(f"this is {kind or 'no Word document'}", remedy=_SAVE)
    program = _program()
    if program is None:
        raise UnreadableInput(
            "binary Word documents are read with LibreOffice, which is not installed",
            remedy=f"{_SAVE}, or install LibreOffice",
        )
    return docx.read(_as_docx(data, program))


def _program() -> str | None:
    """Where LibreOffice is: on the path, or where its installers put it."""
    usual = [Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")]
    usual += [
        Path(os.environ[name], "LibreOffice", "program", "soffice.exe")
        for name in ("ProgramFiles", "ProgramFiles(x86)")
        if name in os.environ
    ]
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return found or next((str(path) for path in usual if path.is_file()), None)


def _as_docx(data: bytes, program: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="themes-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "in.doc").write_bytes(data)
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        items = "\n".join(_ITEM.format(path=path, name=key, value=value) for path, key, value in _SETTINGS)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(items=items), encoding="utf-8")
        _run(
            [
                program,
                f"-env:UserInstallation={profile.as_uri()}",
                "--headless",
                "--nologo",
                "--norestore",
                "--nolockcheck",
                "--convert-to",
                "docx:MS Word 2007 XML",
                "--outdir",
                str(folder),
                str(folder / "in.doc"),
            ],
            folder,
        )
        out = folder / "in.docx"
        if not out.is_file():
            raise UnreadableInput(
                "LibreOffice cannot read it: it is damaged, needs a password, or is no Word document", remedy=_SAVE
            )
        return out.read_bytes()


def _run(command: list[str], folder: Path) -> None:
    """Run to its end, or to the time limit: then it and all that it started are ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(TIME_LIMIT)
    except BaseException as error:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise UnreadableInput(f"LibreOffice was not done after {TIME_LIMIT:.0f} seconds", remedy=_SAVE) from error
        raise
