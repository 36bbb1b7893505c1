"""The manifest of a run: what decides its tables, checked before anything is mixed with them, and what came of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.engines import AUTO
from models.predict import Predictor
from pipeline import __version__
from pipeline.attribute_changes import changes, is_same, remembered
from pipeline.codebook import Codebook
from pipeline.config import RunSettings
from pipeline.errors import OtherEngine, UsageError, clipped, printable
from pipeline.ingest import AttributesTable
from pipeline.inputs import DUPLICATE, FAILED, SKIPPED, Input
from pipeline.plural import listed
from pipeline.resources import config_folder
from pipeline.run_folder import RunFolder
from pipeline.store import LOCK, MANIFEST

RUNNING, COMPLETE = "running", "complete"
ATTRIBUTES = "attributes"
_SHOWN = 3
NO_CODE = "(no code)"
"""The answer "none of them", which has a threshold of its own where a segment carries one code at most."""


def fingerprint(
    predictor: Predictor, codebook: Codebook, settings: RunSettings, attributes: AttributesTable | None
) -> dict[str, Any]:
    """All that decides what a run writes; two runs that differ here are never mixed in one folder."""
    model = predictor.model
    vocabulary = settings.partners.vocabulary or config_folder() / "partners.yaml"
    return {
        "version": __version__,
        "model": {
            "name": model.name,
            "folder": printable(model.folder.resolve()),
            "sha256": model.sha256,
            "base": model.settings["base"],
            "learnt": model.learnt,
        },
        "codebook": {
            "name": codebook.name,
            "sha256": codebook.sha256,
            "codes": list(codebook.names),
            "content": codebook.model_dump(mode="json", exclude_none=True),
        },
        "configuration": settings.model_dump(mode="json"),
        "vocabulary_sha256": _file_sha256(vocabulary),
        "attributes_sha256": _file_sha256(Path(attributes.path)) if attributes else None,
        "thresholds": dict(zip((*model.codes, NO_CODE), model.decisions.themes.thresholds, strict=False)),
        "engine": predictor.engine,
        "seed": model.settings["training"].get("settings", {}).get("seed"),
    }


def wished_engine(settings: RunSettings, out: Path, *, overwrite: bool) -> str:
    """The engine to ask for: where the settings leave it open, that of the run which the folder holds and is gone on with.

    What is best on a machine differs from machine to machine (`models.engines`), and a run keeps to one.
    """
    before = None if overwrite or settings.engine != AUTO else RunFolder(out).manifest()
    return str((before or {}).get("engine", settings.engine))


def begin(
    folder: RunFolder,
    decides: Mapping[str, Any],
    inputs: Sequence[Input],
    *,
    command: str,
    device: str,
    attributes: AttributesTable | None = None,
    overwrite: bool,
    shard: bool,
    idle: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Check that the folder is free or holds this very run, and write the manifest of a run under way.

    Args:
        decides: the run's fingerprint.
        attributes: remembered, so that a later start can say what is another in its own.
        inputs: all that the run is given, also where a shard codes a share of them.
        shard: other shards of the same run may be under way: their manifest stays.
        idle: whether nothing is left to be coded of the shard, asked once the settings are known to be the run's: the manifest of
            a finished run stays too.

    Raises:
        UsageError: the folder holds a run with other settings or of other transcripts, or one and no input can be read, or is
            not a run folder.
    """
    _refuse_unreadable(folder, inputs)
    own = overwrite and (folder.path / MANIFEST).is_file()
    if overwrite:
        folder.clear()
    before = folder.manifest()
    if before is None:
        if not own:  # what lies beside a run that is overwritten, an export say, may go on lying there
            _refuse_foreign(folder.path)
    else:
        _refuse_other_settings(before, decides, remembered(attributes), folder.path)
        _refuse_other_inputs(folder, inputs)
        if shard and (before["status"] == RUNNING or idle()):
            return before
    manifest = {
        "format": 1,
        "status": RUNNING,
        "command": printable(command),
        "started": before["started"] if before else now(),
        "resumed": [*before.get("resumed", []), now()] if before else [],
        **decides,
        ATTRIBUTES: remembered(attributes),
        "device": device,
    }
    folder.write_manifest(manifest)
    return manifest


def _refuse_foreign(out: Path) -> None:
    strangers = [entry.name for entry in out.iterdir() if not entry.name.startswith((LOCK, f"{MANIFEST}.tmp"))]
    if strangers:
        raise UsageError(
            f"is not empty and holds no run ({printable(sorted(strangers)[0])} …)",
            path=out,
            remedy="name a new folder with --out",
        )


def _refuse_unreadable(folder: RunFolder, inputs: Sequence[Input]) -> None:
    """With nothing to code, a run that is there would only lose its tables."""
    if not (folder.path / MANIFEST).is_file() or not all(item.status for item in inputs):
        return
    failed = [item for item in inputs if item.status == FAILED]
    raise UsageError(
        f"none of the inputs can be read: {printable(failed[0].path)}: {failed[0].reason}",
        path=folder.path,
        remedy="mend the inputs; the run that is there was left as it is",
    )


def _refuse_other_settings(
    before: Mapping[str, Any], decides: Mapping[str, Any], attributes: Mapping[str, Any] | None, out: Path
) -> None:
    names = [name.removesuffix("_sha256") for name in decides if _content(before, name) != _content(decides, name)]
    if ATTRIBUTES in names and is_same(before, attributes):
        names.remove(ATTRIBUTES)
    if names == ["engine"]:
        raise OtherEngine(str(before["engine"]), path=out)
    if names:
        told = changes(before, attributes) if ATTRIBUTES in names else ""
        if names == ["configuration"]:
            told = listed(_changed_settings(before.get("configuration"), decides["configuration"]), _SHOWN, "; ")
        why = f": {told}" if told else ""
        others = (f"other {name}" if name.endswith("s") else f"another {name}" for name in names)
        raise UsageError(
            f"holds a run with {', '.join(others)}{why}",
            path=out,
            remedy="name another folder with --out, or start afresh with --overwrite",
        )


def _content(fingerprint: Mapping[str, Any], name: str) -> Any:
    """What of a part of the fingerprint decides: of a model not what its folder is called."""
    part = fingerprint.get(name)
    return part.get("sha256") if name == "model" and isinstance(part, dict) else part


def _changed_settings(before: Any, now: Any, name: str = "") -> list[str]:
    """The settings that differ, each with both values."""
    if isinstance(before, dict) and isinstance(now, dict):
        parts = (_changed_settings(before.get(key), now.get(key), key) for key in sorted({*before, *now}))
        return [one for part in parts for one in part]
    return [] if before == now else [f"{name}: {clipped(str(now), 40)}, and was {clipped(str(before), 40)}"]


def _refuse_other_inputs(folder: RunFolder, inputs: Sequence[Input]) -> None:
    """The tables hold the inputs of the last command: where none is of this run, they would lose all that is in them."""
    finished = folder.finished()
    absent = _absent(folder, inputs, finished)
    if not absent or len(absent) < len(finished):
        return
    others = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
    raise UsageError(
        f"holds a run of other transcripts ({absent[0]}{others}), none of which is among the inputs",
        path=folder.path,
        remedy="name another folder with --out, give old and new transcripts together, or start afresh with --overwrite",
    )


def _absent(folder: RunFolder, inputs: Sequence[Input], finished: set[str]) -> list[str]:
    """Finished transcripts that are not among the inputs, changed, renamed or no longer readable either."""
    contents = {_hash_of(item.transcript_id) for item in inputs if item.transcript_id}
    places = {_place(str(item.path)) for item in inputs if item.status != SKIPPED}
    others = sorted(name for name in finished if _hash_of(name) not in contents)
    return [name for name in others if _place(folder.path_of(name)) not in places]


def _hash_of(transcript_id: str) -> str:
    return transcript_id.rpartition("-")[2]


def _place(path: str) -> tuple[str, ...]:
    """Folder and name. Not the name alone, which a folder for each interview repeats; not all of it, as corpora are moved."""
    return Path(printable(path)).absolute().parts[-2:]


def unused_attributes(table: AttributesTable | None, notes: Sequence[Mapping[str, Any]]) -> list[str]:
    """A warning for each row of the attributes table that fitted no coded transcript, of this start or an earlier one."""
    if table is None:
        return []
    used = {row for note in notes for row in note["attribute_rows"]}
    return AttributesTable(table.path, table.rows, used).unused()


def left_out(folder: RunFolder, inputs: Sequence[Input], finished: set[str]) -> list[str]:
    """A warning where the folder holds finished transcripts that are not among the inputs, nor an older state of one."""
    absent = _absent(folder, inputs, finished)
    if not absent:
        return []
    which = "1 transcript that was" if len(absent) == 1 else f"{len(absent)} transcripts that were"
    return [
        f"{which} coded before, but not given now, left out of the tables ({absent[0]}{' …' if len(absent) > 1 else ''}); "
        "give all inputs together to have all in them"
    ]


def counts_of(inputs: Sequence[Input], notes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Inputs in = coded + failed + duplicate + skipped."""
    by_status = Counter(item.status or "coded" for item in inputs)
    sums = {
        name: sum(note[name] for note in notes)
        for name in ("segments", "coded_segments", "words", "coded_words", "mentions", "for_review")
    }
    return {
        "inputs": len(inputs),
        **{status: by_status[status] for status in ("coded", FAILED, DUPLICATE, SKIPPED)},
    } | sums


def _file_sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", path=path) from error


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
