"""Ways to damage a file: bytes, text, zip archives and XML. Each takes a random generator and bytes, and gives bytes."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random

from fuzz_structure import structural

Mutation = Callable[[Random, bytes], bytes]

MOST = 1_000_000
"""Bytes that a mutated file may have, at most."""
_TOKENS: Sequence[bytes] = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x15", b"\r", b"\n\n\n", b'"', b'""', b"<", b">", b"&", b"&#0;", b"&e;", b"]]>",
    b"<!--", b"<![CDATA[", b"-1", b"0", b"99999999999999999999", b"1e308", b"NaN", b"inf", b"00:00:00.000 --> 99:99:99.999",
    b"[", b"]", b"(", b")", b"{", b"}", b"*", b"**", b"`", b"|", b":", b"::", b"//", b"\\", b"@", b"%", b"\t", b"null",
    b"true", b"Interviewer:", b"[00:00]", b"*CHI:\t", b"@Begin\n", b"\xe2\x80\xa8", b"\xcc\x81", b"\xf0\x9f\x91\xa9",
    b"\xed\xa0\x80",
)  # fmt: skip
_TAG = re.compile(rb"<[^<>]{1,300}>")
_NUMERAL = re.compile(rb"\d+(?:\.\d+)?")
_ENTITY = b'<!DOCTYPE x [<!ENTITY e "eeeeeeeeee"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;">]>'


def mutated(random: Random, data: bytes, most: int = MOST) -> tuple[bytes, str]:
    """A damaged copy of at most `most` bytes (or as many as the file has), and what was done to it."""
    done: list[str] = []
    most = max(most, len(data))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        choices = [*ANY, *structural(data) * len(ANY)]
        if data.startswith(b"PK\x03\x04"):
            choices += ZIP * 3
        elif b"<" in data[:4000] and b">" in data[:4000]:
            choices += XML * 2
        mutation = random.choice(choices)
        data = mutation(random, data)[:most]
        done.append(mutation.__name__)
    return data, " + ".join(done)


def flip_bits(random: Random, data: bytes) -> bytes:
    """A few bits, anywhere."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 3, 20)) if changed else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncate(random: Random, data: bytes) -> bytes:
    """Cut off at the end, or at the start."""
    at = random.randrange(len(data) + 1)
    return data[:at] if random.random() < 0.8 else data[at:]


def splice(random: Random, data: bytes) -> bytes:
    """A piece moved to another place."""
    start, end = _piece(random, data)
    rest = data[:start] + data[end:]
    at = random.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def drop(random: Random, data: bytes) -> bytes:
    """A piece left out."""
    start, end = _piece(random, data)
    return data[:start] + data[end:]


def repeat(random: Random, data: bytes) -> bytes:
    """A piece many times over."""
    start, end = _piece(random, data)
    times = random.choice((2, 10, 300, 5000))
    return data[:start] + data[start:end] * min(times, max(1, MOST // max(1, end - start))) + data[end:]


def insert_token(random: Random, data: bytes) -> bytes:
    """Signs that mean something in one format or another, once or in a row."""
    token = random.choice(_TOKENS) * random.choice((1, 1, 2, 50, 3000))
    at = random.randrange(len(data) + 1)
    return data[:at] + token + data[at:]


def change_numeral(random: Random, data: bytes) -> bytes:
    """A number becomes another, perhaps an impossible one."""
    found = list(_NUMERAL.finditer(data[:200_000]))
    if not found:
        return data
    one = random.choice(found)
    other = random.choice((b"-1", b"0", b"1e400", b"4294967296", b"9" * 400, b"", b"1.2.3", b"\xd9\xa3"))
    return data[: one.start()] + other + data[one.end() :]


def shuffle_lines(random: Random, data: bytes) -> bytes:
    """Lines in another order."""
    lines = data.split(b"\n")
    start = random.randrange(len(lines))
    part = lines[start : start + 50]
    random.shuffle(part)
    return b"\n".join(lines[:start] + part + lines[start + 50 :])


def recode(random: Random, data: bytes) -> bytes:
    """Another encoding, or other line ends."""
    text = data.decode("utf-8", errors="replace")
    encoding = random.choice(("utf-16", "utf-16-be", "utf-32", "cp1252", "mac_roman", "shift_jis", "cr"))
    if encoding == "cr":
        return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r")
    return text.encode(encoding, errors="replace")


def damage_member(random: Random, data: bytes) -> bytes:
    """A member of the archive damaged as a file is, and packed again in good order."""
    members = _members(data)
    if not members:
        return truncate(random, data)
    name = random.choice(sorted(members))
    damage = random.choice([*ANY, *XML, *structural(members[name]) * 2 * len(ANY)])
    return _packed(members | {name: damage(random, members[name])[:MOST]})


def drop_member(random: Random, data: bytes) -> bytes:
    """A member left out."""
    members = _members(data)
    if not members:
        return truncate(random, data)
    members.pop(random.choice(sorted(members)))
    return _packed(members)


def swap_members(random: Random, data: bytes) -> bytes:
    """Two members with each other's content."""
    members = _members(data)
    if len(members) < 2:
        return truncate(random, data)
    one, other = random.sample(sorted(members), 2)
    members[one], members[other] = members[other], members[one]
    return _packed(members)


def damage_directory(random: Random, data: bytes) -> bytes:
    """The archive's directory, which stands at its end."""
    tail = min(len(data), 2000)
    return data[:-tail] + flip_bits(random, data[-tail:])


def drop_tag(random: Random, data: bytes) -> bytes:
    """A tag left out, so that elements do not match."""
    return _with_tag(random, data, lambda tag: b"")


def double_tag(random: Random, data: bytes) -> bytes:
    """A tag many times over: deep nesting, or too many ends."""
    times = random.choice((2, 100, 20_000))
    return _with_tag(random, data, lambda tag: tag * times)


def empty_attributes(random: Random, data: bytes) -> bytes:
    """A tag without its attributes, or with empty ones."""
    pattern = random.choice((rb'\s[\w:.-]+="[^"]*"', rb'(?<==")[^"]*(?=")'))
    return _with_tag(random, data, lambda tag: re.sub(pattern, b"", tag))


def declare_entity(random: Random, data: bytes) -> bytes:
    """A document type with entities, and a reference to one."""
    head = data.find(b"?>") + 2 if b"?>" in data[:200] else 0
    data = data[:head] + _ENTITY + data[head:]
    return _with_tag(random, data, lambda tag: tag + b"&f;")


ANY: list[Mutation] = [
    flip_bits, truncate, splice, drop, repeat, insert_token, change_numeral, shuffle_lines, recode,
]  # fmt: skip
ZIP: list[Mutation] = [damage_member, damage_member, drop_member, swap_members, damage_directory]
XML: list[Mutation] = [drop_tag, double_tag, empty_attributes, declare_entity]


def _piece(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 8, 100, 2000)))


def _with_tag(random: Random, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    tags = list(_TAG.finditer(data[:500_000]))
    if not tags:
        return insert_token(random, data)
    one = random.choice(tags)
    return data[: one.start()] + change(one.group()) + data[one.end() :]


def _members(data: bytes) -> dict[str, bytes]:
    """What an archive holds; nothing where it is too damaged, or swollen."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > 80 * MOST:
                return {}
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return {}


def _packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()
