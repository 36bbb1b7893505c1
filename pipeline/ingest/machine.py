"""JSON of speech-to-text services: which service wrote a file is told by its content, one small parser each.

A parser yields utterances; utterances of one speaker that follow on become one turn, each a stretch with its times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import NotATranscript, UnreadableInput, clipped
from pipeline.ingest import amazon, clouds, services
from pipeline.ingest.decode import decode
from pipeline.ingest.draft import Draft, Rendering
from pipeline.ingest.notes import says_nothing
from pipeline.ingest.spoken import Utterance

_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
"""Control characters, and halves of characters that JSON can escape and no text can hold."""

Parser = Callable[[Any], Iterable[Utterance]]


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of JSON.

    Attributes:
        name: as the user knows it.
        marks: paths of keys that only this kind has together; `*` is the first item of a list.
    """

    name: str
    marks: tuple[str, ...]
    parse: Parser


SERVICES: tuple[Service, ...] = (
    Service("Deepgram", ("results.channels.*.alternatives",), services.deepgram),
    Service("AWS Transcribe", ("results.transcripts", "results.items"), amazon.transcribe),
    Service("AWS Call Analytics", ("Transcript.*.ParticipantRole", "Transcript.*.Content"), amazon.call_analytics),
    Service("AWS Bedrock Data Automation", ("audio_segments.*.text",), amazon.data_automation),
    Service("AssemblyAI", ("audio_url", "words", "text"), services.assemblyai),
    Service("AssemblyAI", ("utterances.*.words", "utterances.*.text"), services.assemblyai),
    Service("Azure Speech", ("recognizedPhrases",), clouds.azure_batch),
    Service("Azure Speech", ("combinedPhrases", "phrases"), clouds.azure_fast),
    Service("Google Speech-to-Text", ("response.results.*.alternatives",), clouds.google),
    Service("Google Speech-to-Text", ("results.*.alternatives",), clouds.google),
    Service("Rev AI", ("monologues.*.elements",), services.rev),
    Service("Podcast Index", ("segments.*.body",), services.podcast_index),
    Service("whisper.cpp", ("transcription.*.offsets", "transcription.*.text"), services.whisper_cpp),
    Service("Whisper or WhisperX", ("segments.*.text", "segments.*.start"), services.whisper),
)
"""Tried in this order; the first whose marks are all there takes the file."""


def read(data: bytes) -> Draft:
    """Read a service's JSON.

    Raises:
        NotATranscript: it is JSON, but of no kind that is known.
        UnreadableInput: it is no JSON, or not built as its service builds it.
    """
    text, warnings = decode(data)
    content = parsed(text)
    service = next((one for one in SERVICES if all(_has(content, mark) for mark in one.marks)), None)
    if service is None:
        raise NotATranscript(
            f"this JSON ({_outline(content)}) is of no speech-to-text service that is known",
            remedy=f"known are {', '.join(dict.fromkeys(one.name for one in SERVICES))}; "
            "or export the transcript as docx, vtt, srt or text",
        )
    try:
        utterances = list(_cleaned(service.parse(content)))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise UnreadableInput(
            f"looks like {service.name}'s JSON, but is not built as that is ({type(error).__name__}: {clipped(str(error))})",
            remedy="export it again, or as docx, vtt, srt or text",
        ) from error
    return _render(utterances, service, warnings)


def parsed(text: str) -> Any:
    """The JSON that a text is.

    Raises:
        UnreadableInput: saying where it is none.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise UnreadableInput("its JSON is nested too deeply", remedy="export the transcript again") from error
    except json.JSONDecodeError as error:
        raise UnreadableInput(
            f"not valid JSON: {error.msg}",
            place=f"line {error.lineno}, column {error.colno}",
            remedy="the file may be cut off or damaged; download or export it again",
        ) from error
    except ValueError as error:  # a number of thousands of digits
        raise UnreadableInput(f"not valid JSON: {error}", remedy="download or export it again") from error


def _no_constant(name: str) -> None:
    """`NaN`, which Whisper's own files may hold for a confidence, is nothing."""


def _has(content: Any, mark: str) -> bool:
    """Whether a path of keys leads to something."""
    for key in mark.split("."):
        if key == "*":
            if not isinstance(content, list) or not content:
                return False
            content = content[0]
        elif isinstance(content, Mapping) and content.get(key) is not None:
            content = content[key]
        else:
            return False
    return True


def _outline(content: Any) -> str:
    """The top of a JSON in a few words, for the message."""
    if isinstance(content, Mapping):
        keys = [clipped(str(key), 30) for key in content]
        return f"an object with {', '.join(keys[:6])}{' …' if len(keys) > 6 else ''}" if keys else "an empty object"
    if isinstance(content, list):
        inner = f", the first {_outline(content[0])}" if content and isinstance(content[0], Mapping) else ""
        return f"a list of {len(content)}{inner}"
    return "a single value"


def _render(utterances: Iterable[Utterance], service: Service, warnings: Iterable[str]) -> Draft:
    rendering = Rendering()
    known = unknown = 0
    for one in utterances:
        if says_nothing(one.text):  # `[Music]`, `(applause)`
            rendering.note(one.text)
            continue
        known, unknown = known + (one.speaker is not None), unknown + (one.speaker is None)
        rendering.speech(one.speaker, one.text, start_time=one.start, end_time=one.end)
    found = list(warnings)
    if not known and not unknown:
        raise UnreadableInput(f"there are no words in this {service.name} transcript", remedy="transcribe it again")
    if unknown and not known:
        found.append(
            f"{service.name} names no speakers in it: the whole is taken as one participant's; "
            "transcribe it with diarization to tell who speaks"
        )
    elif unknown:
        found.append(f"{unknown} of {known + unknown} utterances have no speaker")
    return rendering.draft(warnings=tuple(found))


def _cleaned(utterances: Iterable[Utterance]) -> Iterator[Utterance]:
    """Words on one line, without what is no character of a text; times that make sense."""
    for one in utterances:
        text = " ".join(_NO_TEXT.sub("", one.text).split())
        if not text:
            continue
        start, end = one.start, one.end
        if start is not None and not 0 <= start < 1e7:
            start = end = None
        if end is not None and (start is None or not start <= end < 1e7):
            end = None
        speaker = " ".join(_NO_TEXT.sub("", one.speaker).split()) if one.speaker else None
        yield Utterance(speaker or None, text, start, end)
