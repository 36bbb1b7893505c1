"""oTranscribe's own files."""

import json

import pytest
from looking import said

from pipeline.errors import NotATranscript, UnreadableInput

STAMP = '<span class="timestamp" contenteditable="false" data-timestamp="{}.381">00:0{}</span>&nbsp;'
TALK = [("BT", "Hello? It's Beth & co."), ("CR", "Speaking."), ("BT", "Is now good?"), ("CR", "Yeah – yeah.")]


def test_its_html_is_read_with_its_times(read):
    page = "".join(
        f"<p>{STAMP.format(n, n)}{who}: {words.replace('&', '&amp;')}</p>" for n, (who, words) in enumerate(TALK)
    )
    transcript = read(json.dumps({"text": page, "media": "a.mp3", "media-time": 236.3}), "call.otr")
    assert said(transcript) == [(who, [words]) for who, words in TALK]
    assert [turn.stretches[0].start_time for turn in transcript.turns] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("content", "error"), [('{"media": "a.mp3"}', NotATranscript), ("[]", NotATranscript), ('{"text', UnreadableInput)]
)
def test_other_json_is_refused(read, content, error):
    with pytest.raises(error):
        read(content, "call.otr")
