"""From a file to what the model needs: read, segment, find mentions. Runs in the main process or in workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from pipeline.config import RunSettings
from pipeline.errors import ThemesError
from pipeline.ingest import AttributesTable, read_transcript
from pipeline.own_agency import OwnAgency
from pipeline.partners import PartnerFinder
from pipeline.resources import config_folder
from pipeline.segment import forget_words, segment_transcript
from pipeline.types import Mention, Role, Segment, Transcript
from pipeline.vocabulary import Vocabulary, load_vocabulary

WORDS_KEPT = 100_000
"""Words that spaCy may keep in memory, some twenty megabytes of them, before it starts anew."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transcript, ready for the model.

    Attributes:
        segments: of every role, in the order of the text.
        coded: the participants' segments, which are the ones that are coded.
        mentions: of each of `coded`.
        own_agencies: of each speaker of `coded`.
        attribute_rows: lines of the attributes table that were used.
        seconds: spent on each step.
    """

    transcript: Transcript
    segments: tuple[Segment, ...]
    coded: tuple[Segment, ...]
    mentions: tuple[tuple[Mention, ...], ...]
    own_agencies: dict[str | None, OwnAgency] = field(default_factory=dict)
    attribute_rows: tuple[int, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """An input that could not be read, and why."""

    path: str
    reason: str


class Preparer:
    """Prepares one file after another with the same settings.

    Args:
        vocabulary: where it has been read already; by default it is read from the settings' file.
    """

    def __init__(
        self, settings: RunSettings, attributes: AttributesTable | None = None, vocabulary: Vocabulary | None = None
    ) -> None:
        self.settings = settings
        self.attributes = attributes
        # Read once: the file may be edited while the run is under way.
        self.vocabulary = vocabulary or load_vocabulary(
            settings.partners.vocabulary or config_folder() / "partners.yaml"
        )
        self._finder = self._new_finder()

    def _new_finder(self) -> PartnerFinder:
        return PartnerFinder(self.vocabulary, self.settings.partners.own_agency)

    def prepare(self, path: Path) -> Prepared | Failed:
        """Read, segment and search one file; a file that cannot be read becomes a `Failed`."""
        try:
            # spaCy keeps every word that it has ever seen; in a large corpus there is no end of new ones.
            if self._finder.words_kept > WORDS_KEPT:
                self._finder = self._new_finder()
            forget_words(WORDS_KEPT)
            return self._prepare(path)
        except ThemesError as error:
            return Failed(str(path), error.reason)
        except MemoryError:
            return Failed(str(path), "too large for this machine's memory (split it into several files)")
        except Exception as error:
            return Failed(str(path), fault_of_ours(error))

    def _prepare(self, path: Path) -> Prepared:
        started = time.perf_counter()
        if self.attributes is not None:
            self.attributes.used.clear()
        ingest = self.settings.ingest
        transcript = read_transcript(
            path, roles=ingest.roles, attributes=self.attributes, max_bytes=ingest.max_megabytes * 1_000_000
        )
        read = time.perf_counter()
        options = self.settings.segments
        segments = segment_transcript(transcript, max_words=options.max_words, context_words=options.context_words)
        segmented = time.perf_counter()
        coded = tuple(segment for segment in segments if segment.role is Role.PARTICIPANT)
        agencies = {
            name: self._finder.own_agencies.of(transcript.attributes_of(name), name)
            for name in dict.fromkeys(segment.speaker for segment in coded)
        }
        everyone = {segment.speaker for segment in segments}
        mentions = tuple(
            self._finder.find_all(coded, [agencies[segment.speaker].agency for segment in coded], everyone)
        )
        seconds = {
            "read": read - started,
            "segment": segmented - read,
            "mentions": time.perf_counter() - segmented,
        }
        rows = tuple(sorted(self.attributes.used)) if self.attributes is not None else ()
        return Prepared(transcript, tuple(segments), coded, mentions, agencies, rows, seconds)


def fault_of_ours(error: Exception) -> str:
    """The reason for an input on which the program itself failed: it must not end the batch."""
    return f"the program failed on it ({type(error).__name__}: {error}); please report this, without the file"


def prepare_all(
    batches: Iterable[Sequence[Path]], preparer: Preparer, workers: int
) -> Iterator[list[Prepared | Failed]]:
    """Prepare batches of files in order, in this process (`workers` 0) or ahead of the model in several.

    Ahead means one batch, or two files per worker where that is more, so that memory does not grow with the corpus.

    Raises:
        ThemesError: a worker was ended from outside.
    """
    if workers == 0:
        yield from ([preparer.prepare(path) for path in paths] for paths in batches)
        return
    arguments = (preparer.settings, preparer.attributes, preparer.vocabulary)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, arguments)
    waiting: deque[list[Future[Prepared | Failed]]] = deque()
    try:
        for paths in batches:
            waiting.append([pool.submit(_prepare_in_worker, path) for path in paths])
            while len(waiting) > 1 and sum(map(len, waiting)) - len(waiting[0]) >= 2 * workers:
                yield [future.result() for future in waiting.popleft()]
        while waiting:
            yield [future.result() for future in waiting.popleft()]
    except BrokenProcessPool as error:  # from a result, or from handing out more work
        raise ThemesError(
            "a worker process was ended from outside, perhaps for lack of memory",
            remedy="give the same command again with fewer --workers: what was finished is kept",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted run waits for no more than is being read


_worker: Preparer | None = None


def _start_worker(settings: RunSettings, attributes: AttributesTable | None, vocabulary: Vocabulary) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches all: the run itself ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = Preparer(settings, attributes, vocabulary)


def _end_with_parent() -> None:
    """A run that is killed takes its workers along: they hold both ends of their queue and would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _prepare_in_worker(path: Path) -> Prepared | Failed:
    assert _worker is not None, "the pool's initialiser makes it"
    return _worker.prepare(path)
