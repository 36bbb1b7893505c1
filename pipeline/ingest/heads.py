"""What people and corpora call the columns of a table of talk.

A head in several words (`utterance_text`, `startTime`) is what its last word is, if all the others are such as may stand
before it; `utterance_id` is none of speech, and `speaker_gender` none of speakers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.ingest.conventions import key_of, words_of

SPEAKER = words_of(
    "speaker speakers speakername speakerid speakerlabel name sprecher sprecherin locuteur locutrice hablante "
    "who person role participantname participant participantid respondent respondentid interviewee case caseid "
    "interlocutor talker spokenby sender"
)
_RANK = (
    "speaker",
    "spoken",
    "sprecher",
    "locut",
    "habl",
    "interloc",
    "talker",
    "name",
    "who",
    "person",
    "participant",
    "respond",
    "interv",
    "sender",
    "case",
    "role",
)
"""Of several columns of speakers the one whose head is named first here."""
SPEECH = words_of(
    "transcription transcript text speech utterance utterances content dialogue dialog words turn talk sentence "
    "sentences message caption line body said inhalt texte texto äusserung äußerung aussage parole "
    "freetext response answer comment comments quote verbatim whatwassaid whatissaid whattheysaid spokenwords interviewtext"
)
REMARKS = words_of("comment comments")
"""Heads of speech in a table of answers, and of a reader's remarks in a transcript."""
START = words_of(
    "start time timestamp timestamps timecode timespan starttime startsec startms starttimems starts begin begintime "
    "in from tmin onset beginn zeit temps tc offset"
)
END = words_of("end endtime endsec endms endtimems ends stop out to tmax ende fin")
ROLE = words_of("role rolle participantrole speakerrole")
TURN = words_of("turn turnid turnno turnnumber utteranceid")
SOURCE = words_of(
    "interview interviewid interviewno transcriptid transcript file filename document documentname session sessionid"
)
CODER = words_of(
    "coder coderid codername codedby annotator annotatorid annotatorname rater raterid labeller labeler researcher"
)
BEFORE = words_of("texta context previous previoustext previousutterance previousturn textbefore precedingtext")
"""Heads of a column of the talk just before; `text_a` and `text_b` are what those call them who train machines."""

KNOWN = SPEAKER | SPEECH | START | END | ROLE | TURN | SOURCE | CODER | BEFORE
_OF_TALK = words_of("turn utterance sentence segment line row unit message speech caption")
_OF_SOURCES = words_of(
    "transcript interview session file document conversation dialogue dialog call recording lesson meeting"
)
_NUMBERS = words_of("id ids no nr number num index idx")
_QUALITIES = words_of(
    "raw clean cleaned original full final english edited corrected normalized normalised anonymized anonymised verbatim "
    "spoken speaker"
)
_MOMENTS = words_of("start starts begin onset end ends stop time timestamp timecode sec secs seconds ms milliseconds s")
_ENDS = words_of("end ends stop")
_UNIT = re.compile(r"[\[(][^\])]*[\])]")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])")


def heads_as_known(row: Sequence[str]) -> list[str]:
    """Each head as one of the words of this page, where it is one; else its key."""
    return [_known(cell) for cell in row]


def rank(head: str) -> int:
    """How far down a head of a column of speakers is."""
    return next((place for place, start in enumerate(_RANK) if head.startswith(start)), len(_RANK))


def _known(cell: str) -> str:
    bare = _UNIT.sub("", cell)
    key = key_of(bare)
    parts: list[str] = [part.casefold() for part in _PARTS.findall(_HUMP.sub(" ", bare))]
    if key in KNOWN or not 2 <= len(parts) <= 4:
        return key
    *first, last = parts
    if last in _NUMBERS and len(first) == 1:
        return "transcriptid" if first[0] in _OF_SOURCES else "turnid" if first[0] in _OF_TALK else key
    if last in SPEECH and set(first) <= SPEECH | _QUALITIES:
        return last
    if last in {"speaker", "speakers", "interlocutor"} and set(first) <= _OF_TALK:
        return last
    if set(parts) <= _MOMENTS | _OF_TALK and last in _MOMENTS:
        return "end" if set(parts) & _ENDS else "start"
    return key
