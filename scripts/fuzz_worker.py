"""The process that reads damaged files: limits, a watch on what is written where, and the laws of what was read.

Its files arrive on standard input, a line each: the target and the path, parted by a tab. It answers a line of JSON.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from fuzz_seeds import CODEBOOK, IMPORT

from pipeline.errors import ThemesError, UnreadableInput
from pipeline.exchange.codebook_files import read_codebook
from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.project import Project
from pipeline.exchange.registry import load, named
from pipeline.ingest import Found, discover, read_transcript
from pipeline.ingest.registry import BY_SUFFIX
from pipeline.types import Transcript

OK, REFUSED, CRASH, HANG, BROKEN = "read", "refused", "crash", "hang", "broken law"
FAULTS = (CRASH, HANG, BROKEN)
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_LONGEST_REASON = 1500


def main(megabytes: int, seconds: float, folder: Path) -> None:
    """Read each file named on standard input, and answer with its outcome and the processor's time that it took.

    Args:
        folder: the only place where anything may be written.
    """
    for format_ in BY_SUFFIX.values():  # so that no file pays for it
        format_.load()
    # Only the soft limits, as a reader may start a process of its own with others.
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, resource.RLIM_INFINITY))
    fork_for_modules(folder)
    watch = Watch(folder)
    answers, sys.stdout = sys.stdout, sys.stderr
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        target, _, path = line.rstrip("\n").partition("\t")
        started = _time()
        # The system ends the process at this limit, whatever it is doing; a busy machine does not count.
        limit = math.ceil(time.process_time() + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        watch.outside.clear()
        outcome, detail = outcome_of(target, Path(path))
        if watch.outside:
            outcome, detail = BROKEN, f"touched what is not its own: {watch.outside[:3]}"
        taken = _time() - started
        if taken > seconds and outcome not in FAULTS:  # a process that it started was ended
            outcome, detail = HANG, f"{taken:.1f} s in a process of its own; then {outcome}: {detail}"
        print(json.dumps((outcome, detail, taken)), file=answers, flush=True)


def _time() -> float:
    """The processor's seconds of this process and of those that it started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Watch:
    """Notes whatever is opened for writing, made, renamed or removed outside a folder, and every connection."""

    def __init__(self, folder: Path) -> None:
        self.outside: list[str] = []
        self._inside = (f"{folder.resolve()}{os.sep}", "/dev/", "/proc/")
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, (str, bytes)) and (flags & _WRITES or set(mode or "") & set("wax+")):
                self._check(event, path)
        elif event in _CHANGES:
            folders = [argument for argument in arguments[1:] if isinstance(argument, int)][-1:]
            for path in arguments[:2]:
                if isinstance(path, (str, bytes, os.PathLike)):
                    self._check(event, _within(os.fspath(path), folders))
        elif event in {"socket.connect", "socket.getaddrinfo"}:
            self.outside.append(f"{event} {arguments[1:]}")

    def _check(self, event: str, path: str | bytes) -> None:
        place = Path(os.fsdecode(path)).resolve()
        if not f"{place}{os.sep}".startswith(self._inside):
            self.outside.append(f"{event} {place}")


def _within(path: str | bytes, folders: Sequence[int]) -> str | bytes:
    """The path from the open folder that it counts from, where it does."""
    if not folders or folders[0] < 3 or Path(os.fsdecode(path)).is_absolute():
        return path
    return Path(f"/proc/self/fd/{folders[0]}").resolve().joinpath(os.fsdecode(path)).as_posix()


def fork_for_modules(folder: Path) -> None:
    """Let `subprocess.run` give `python -m MODULE` to a copy of this process, which has imported all that is needed.

    To start Python and to import takes several times longer than to read a damaged PDF.

    Args:
        folder: for what goes in and comes out.
    """
    import_module("pypdfium2.raw")
    for module in ("pipeline.ingest.pdf_words", "pipeline.exchange.print_page"):
        import_module(module)
    run = subprocess.run

    def forked(command: Sequence[str], **options: Any) -> Any:
        if list(command[:2]) != [sys.executable, "-m"]:
            return run(command, **options)
        return _forked(command, folder, options.get("input") or b"")

    subprocess.run = forked  # type: ignore[assignment]


def _forked(command: Sequence[str], folder: Path, data: bytes) -> subprocess.CompletedProcess[bytes]:
    """What the module makes of the data."""
    given, told = folder / "stdin", folder / "stdout"
    given.write_bytes(data)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(os.open(given, os.O_RDONLY), 0)
            os.dup2(os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            sys.stdin, sys.stdout, sys.argv = os.fdopen(0), os.fdopen(1, "w"), ["module", *command[3:]]
            sys.modules[command[2]].main()
            sys.stdout.flush()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status), told.read_bytes(), b"")


def outcome_of(target: str, path: Path) -> tuple[str, str]:
    """What came of reading a file, and what is to be said of it."""
    try:
        fault = _read(target, path)
    except ThemesError as error:
        clear = bool(error.problem) and "\n" not in error.reason and len(error.reason) < _LONGEST_REASON
        clear = clear and (bool(error.remedy) or target.startswith((IMPORT, CODEBOOK)))
        return (REFUSED, error.reason) if clear else (BROKEN, f"an unclear refusal: {error.reason[:300]!r}")
    except BaseException as error:
        return CRASH, f"{type(error).__name__}: {str(error)[:200]} {_place(error)}"
    return (BROKEN, fault) if fault else (OK, "")


def _read(target: str, path: Path) -> str:
    """Read as the command would; returns the law that is broken, if one is."""
    command, _, name = target.partition(".")
    if command == IMPORT:
        project: Project = load(named(name, written=False).reader or "")(path)
        rows = gold_rows(project)
        return project_law_broken(project) or _unwritable([row.text for row in rows.codings])
    if command == CODEBOOK:
        book, warnings = read_codebook(str(path))
        return _unwritable([book.model_dump_json(), *warnings])
    if name != "zip":
        return law_broken(read_transcript(path))
    found = list(discover([path]))
    if not any(isinstance(entry, Found) for entry in found):
        raise UnreadableInput("nothing in it is read", remedy="see the reasons")
    return next(filter(None, (_member(entry.path) for entry in found if isinstance(entry, Found))), "")


def _member(path: Path) -> str:
    try:
        return law_broken(read_transcript(path))
    except UnreadableInput:
        return ""


def _place(error: BaseException) -> str:
    """Where in the project it came from."""
    places = []
    trace: Any = error.__traceback__
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-6:])


def law_broken(transcript: Transcript) -> str:
    """Which law of a transcript does not hold; empty where all do."""
    last = 0
    for turn in transcript.turns:
        for stretch in turn.stretches:
            if not last <= stretch.start < stretch.end <= len(transcript.text):
                return f"offsets {stretch.start}-{stretch.end} after {last} in a text of {len(transcript.text)}"
            said = transcript.text[stretch.start : stretch.end]
            if said != said.strip():
                return f"white space at the ends of {said[:40]!r}"
            times = [time for time in (stretch.start_time, stretch.end_time) if time is not None]
            if any(not 0 <= time < float("inf") for time in times):
                return f"times {times}"
            last = stretch.end
    words = [transcript.text, *transcript.attributes.values(), *transcript.warnings]
    return _unwritable(words + [value for known in transcript.speakers.values() for value in known.values()])


def project_law_broken(project: Project) -> str:
    """Which law of a project does not hold; that its codings lie within their texts the type itself checks."""
    parents = {code.code_id: code.parent for code in project.codes}
    for start in parents:
        seen: set[str] = set()
        above: str | None = start
        while above is not None:
            if above in seen:
                return f"code {start!r} is above itself"
            seen.add(above)
            above = parents.get(above)
    words = [project.name, *project.warnings, *(coding.memo for coding in project.codings)]
    words += [part for code in project.codes for part in (code.name, code.description)]
    for source in project.sources:
        words += [source.name, source.text, *source.attributes.values()]
    return _unwritable(words)


def _unwritable(words: list[str]) -> str:
    try:
        "".join(words).encode()
    except UnicodeEncodeError as error:
        return f"text that no file can hold: {error}"
    return ""
