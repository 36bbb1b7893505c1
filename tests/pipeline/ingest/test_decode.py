"""Encodings, line ends and what is no text at all."""

from __future__ import annotations

import pytest

from pipeline.errors import UnreadableInput
from pipeline.ingest.decode import decode

FRENCH = "Bonjour à tous, où étiez-vous l’été dernier ? C’était très intéressant, garçon.\n" * 5
RUSSIAN = "Здравствуйте, как вас зовут? Меня зовут Иван, я работаю в полиции.\n" * 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_unicode(encoding):
    assert decode(FRENCH.encode(encoding))[0] == FRENCH


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (FRENCH, "cp1252", "Windows-1252"),
        ("I’m here – really.\n", "cp1252", "Windows-1252"),
        ("It’s a café.\n" * 3, "mac_roman", "mac_roman"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8_r"),
        ("こんにちは。お名前を教えてください。\n" * 9, "shift_jis", "cp932"),
    ],
)
def test_guesses_are_right_and_say_so(text, encoding, named):
    decoded, warnings = decode(text.encode(encoding))
    assert decoded == text
    assert len(warnings) == 1
    assert named in warnings[0]


def test_a_stray_byte_does_not_spoil_a_utf8_file():
    decoded, warnings = decode((RUSSIAN * 3).encode() + b"it\x92s")
    assert decoded == RUSSIAN * 3 + "it’s"
    assert "not UTF-8" in warnings[0]


def test_line_ends():
    assert decode(b"a\r\nb\rc\nd")[0] == "a\nb\nc\nd"
    kept = "a\u2028b\u2029c\x85d\x0be\x0cf"
    assert decode(kept.encode())[0] == kept


def test_a_control_character_in_a_short_text_is_no_junk():
    assert decode(b"We ring \x07 the council.\r\n") == ("We ring \x07 the council.\n", [])


@pytest.mark.parametrize(
    "junk",
    [bytes(range(256)) * 40, b"\x00" * 100 + b"abc" * 10, "ab".encode("utf-16") + b"\x00", b"\x01\x02hello" * 50],
)
def test_junk_is_refused(junk):
    with pytest.raises(UnreadableInput) as caught:
        decode(junk)
    assert caught.value.remedy
