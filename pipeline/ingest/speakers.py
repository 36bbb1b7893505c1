"""Settles which of a file's candidate labels are its speakers, and which labels are one and the same speaker."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from pipeline.ingest.conventions import NEVER, key_of, role_by_convention, says_its_role, words_of
from pipeline.ingest.labels import SIGNS, Candidate, Style
from pipeline.ingest.notes import title_like
from pipeline.ingest.spelling import misspelt_roles
from pipeline.types import Role

_ID = re.compile(
    r"^(?:[^\W\d]{1,14}[ _#.-]*\d{1,4}[A-Za-z]?|\d{1,4}[ _-]?[A-Za-z]{1,3}\d?|[A-Za-z]{1,3}\d?[-_]\w{1,6})$"
)
_POST = re.compile(r"^[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){1,3} (?:\d{1,3}|[A-Z])$")
"""A post with a number or a letter: `Social worker 2`, `Focus group member A`."""
_POSTS = words_of(
    "worker officer teacher nurse manager warden sergeant inspector constable superintendent coordinator co-ordinator doctor "
    "paramedic councillor resident volunteer adviser advisor practitioner psychologist psychiatrist solicitor magistrate clerk "
    "assistant visitor head lead mother father parent carer chair director caretaker chaplain mentor tutor trainee student "
    "detective analyst counsellor therapist consultant midwife neighbour sister matron leader supervisor planner member governor "
    "pastor vicar imam"
)
"""What the posts of people end with who are named by these in small letters: `Social worker`."""
_SAYING = words_of(
    "i you we they he she it and but or so then a an the my our his her their said says thought asked told line point thing "
    "answer question example is was are were be being that this those these what"
)
"""Words that a phrase before a colon begins or ends with (`I said:`, `Bottom line:`), and a post does not."""
_INITIALS = re.compile(r"^(?:[^\W\d_]\.? ?){1,4}$")
_PARTICLES = words_of(
    "de del della der di du da dos la le van von den ter al el bin ibn bint ben of the and y e und et"
)
_SPLIT = re.compile(r"[\s|,/&@+-]+")
_PARENTHESIS = re.compile(r"\([^()]*\)")
_SOLITARY_LINES = 12
"""Labelled lines at the start among which a full name that never comes again is still believed."""
_BETTER = 2
"""Times as many labels as in any style before it that a style must give which lists and tables have too."""
_SHARE = {Style.TAB: 0.3}
_SHARE_OF_SIGNS = 0.6
"""Share of the units that labels must head where lists and tables have the same mark."""
_CHANGES = 0.3
"""Share of the labels that must differ from the one before: a sorted list names the same again and again."""
_AMONG_LABELS = 0.7
"""Share of the paragraphs that must have labels where a post in small letters, which comes twice, is one."""
_WORDS = 4
"""Words that the lines of a talk have on average; the cells of a table have fewer."""


OF_PEOPLE = frozenset({"role", "id", "initials", "name", "full name"})
"""Shapes of labels that names have, and no word in small letters."""


@lru_cache(maxsize=65_536)
def shape(label: str) -> str | None:
    """What a label looks like: `role`, `id`, `initials`, `name`, `full name`, `number`, `lower`; None for no label."""
    words = [word for word in _SPLIT.split(_PARENTHESIS.sub(" ", label)) if word]
    if not words or not any(character.isalnum() for character in label):
        return None
    if label.endswith("?"):  # `P?` is a participant whom the transcriber could not tell; `Really?` is nobody
        known = shape(label[:-1])
        return known if known in {"role", "id", "initials"} else None
    if says_its_role(label):
        return "role"
    if words[0].casefold().strip(".'’") in NEVER or len(words) > 6:
        return None
    if label.isdecimal():
        return "number"
    if _ID.match(label) or (_POST.match(label) and _capital(words[0])):
        return "id"
    if _INITIALS.match(label) and label.upper() == label:
        return "initials"
    if all(_capital(word) or word.casefold() in _PARTICLES for word in words) and _capital(words[0]):
        return "full name" if len(words) > 1 else "name"
    if len(words) <= 2 and all(word.replace("_", "").isalnum() for word in words):
        return "lower"
    return "lower" if len(words) > 2 and _is_post(label) else None


def _is_post(label: str) -> bool:
    """Whether a label in small letters is a post as people are called by: `Family support worker`, `Head of year`."""
    words = label.casefold().split()
    if not label[:1].isupper() or _SAYING & {words[0], words[-1]} or not all(map(str.isalpha, words)):
        return False
    return len(words) in range(2, 5) and (words[-1] in _POSTS or (words[0] in _POSTS and words[1] == "of"))


def _capital(word: str) -> bool:
    """Whether a word could start a name; scripts without capitals pass."""
    return not word[0].islower() or not word.isalpha()


def choose(found: Sequence[Candidate], lines: Sequence[str], *, units: int = 0) -> list[Candidate]:
    """Those candidates that are labels: the best believed style of the file, and in it the believed labels.

    Args:
        found: all candidates, in order.
        lines: the file.
        units: how many labels the file has room for; counted from its paragraphs if not given.
    """
    best: list[Candidate] = []
    for style in Style:
        chosen = _believed([one for one in found if one.style is style and shape(one.label)], units, lines)
        if len(chosen) > len(best) * (_BETTER if style in SIGNS else 1):
            best = chosen
    return best


def passed_over(found: Sequence[Candidate], labels: Sequence[Candidate]) -> list[str]:
    """Heads such as `Duty solicitor` that begin several paragraphs and were not believed.

    Among people who all have labels they may be people too; what follows them is counted to the speaker before.

    Args:
        found: all candidates.
        labels: the believed ones.
    """
    if not labels or labels[0].style is not Style.COLON:
        return []
    believed = {key_of(one.label) for one in labels}
    heads = Counter(one.label for one in found if one.style is Style.COLON and one.opens and _like_a_post(one.label))
    return [label for label, count in heads.items() if count > 1 and key_of(label) not in believed]


def _like_a_post(label: str) -> bool:
    """Whether a label in small letters may name a person by a post, rather than begin a sentence (`I said`)."""
    words = label.casefold().split()
    return label[:1].isupper() and len(words) > 1 and shape(label) == "lower" and not _SAYING & {words[0], words[-1]}


def _units(lines: Sequence[str], first: Candidate) -> int:
    """Paragraphs, or lines in a file that hardly has blank ones: how many labels the file has room for.

    What stands before the first candidate does not count if it is titles only.
    """
    if _opens_the_talk(first, lines):
        lines = lines[first.line :]
    filled = [bool(line) and not line.isspace() for line in lines]
    paragraphs = sum(now and not before for before, now in zip([False, *filled], filled, strict=False))
    headed = first.style in {Style.TIMED, Style.ALONE}  # many lines may stand under one label
    return max(1, paragraphs if headed or paragraphs > 0.2 * sum(filled) else sum(filled))


def _opens_the_talk(first: Candidate, lines: Sequence[str]) -> bool:
    return all(not line or line.isspace() or title_like(line) for line in lines[: first.line])


def _believed(found: Sequence[Candidate], units: int, lines: Sequence[str]) -> list[Candidate]:
    every = found
    if found and found[0].style is Style.ALONE:
        found = _followed_by_speech(found, lines)
    if not found:
        return []
    units = units or _units(lines, found[0])
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    opening: Counter[str] = Counter()
    for one in found:
        spellings[key_of(one.label)][one.label] += 1
        opening[key_of(one.label)] += one.opens or one.strong
    shapes = {key: _best_shape(labels) for key, labels in spellings.items()}
    counts = {key: labels.total() for key, labels in spellings.items()}
    strong = {key_of(one.label) for one in found if one.strong}
    sure = {
        key
        for key in counts
        if _recurs(found[0].style, shapes[key], counts[key] + (key in strong), opening[key], units)
    }
    total = sum(counts[key] for key in sure)
    if not _plausible(found, sure, total, units, lines):
        sure = set()
        total = 0
    covered = sum(opening[key] for key in counts if shapes[key] not in {None, "lower", "number"})
    if sure and found[0].style is Style.COLON:
        sure |= _small_posts(spellings, shapes, opening, covered=covered, units=units)
    sure |= misspelt_roles(sure | {key for key in counts if opening[key]}).keys() if sure else set()
    sure |= _solitary(found, shapes, counts, sure, covered=covered, units=units)
    if found[0].style is Style.ALONE:
        # A known name is a label above a short answer too, though that could be a name itself.
        found = [one for one in every if one.opens]
    return [one for one in found if key_of(one.label) in sure]


def _best_shape(labels: Counter[str]) -> str | None:
    found = [shape(label) for label, _ in labels.most_common()]
    return next((one for one in found if one not in {None, "lower"}), found[0])


def _recurs(style: Style, shape_: str | None, count: int, opening: int, units: int) -> bool:
    """Whether a label is believed by how often it comes."""
    if shape_ is None:
        return False
    if style is Style.BRACKET:
        return shape_ in {"id", "initials", "role"} and count >= 2
    if style is Style.LETTER:
        return count >= 2
    if style is Style.ALONE:
        return shape_ != "lower" and shape_ != "number" and count >= 2
    if style in SIGNS:
        return shape_ not in {"lower", "number"} and count >= (2 if style is Style.TAB else 3)
    if shape_ == "role":
        return True
    if shape_ in {"lower", "number"}:
        return count >= 3 and opening >= 0.05 * units
    return count >= 2 and opening >= 0.5 * count


def _plausible(found: Sequence[Candidate], sure: set[str], total: int, units: int, lines: Sequence[str]) -> bool:
    """Whether the recurring labels together look like the speakers of a conversation."""
    style = found[0].style
    if not sure or total < 0.03 * units:
        return False
    if style is Style.LETTER:
        return sure == {"q", "a"}
    if style is Style.ALONE:
        enough = total >= 4 or all(one.strong for one in found)
        return len(sure) >= 2 and enough and total >= 0.15 * units
    if style is Style.BRACKET:
        return total >= 0.2 * units
    if style in SIGNS:
        return total >= _SHARE.get(style, _SHARE_OF_SIGNS) * units and _converses(found, sure, lines)
    if len(sure) == 1 and not any(role_by_convention(one.label) for one in found if key_of(one.label) in sure):
        # One label that recurs may be a monologue's `Example:`; a lone speaker is named at the very start.
        return key_of(found[0].label) in sure and total >= 0.2 * units and _opens_the_talk(found[0], lines)
    return True


def _converses(found: Sequence[Candidate], sure: set[str], lines: Sequence[str]) -> bool:
    """Whether lines with a mark that lists and tables have too are talk: at least two speakers, in turns, in sentences."""
    ours = [one for one in found if key_of(one.label) in sure]
    said = [lines[one.line][one.speech :] for one in ours]
    changes = sum(key_of(before.label) != key_of(after.label) for before, after in pairwise(ours))
    return (
        len(sure) >= 2
        and not sure >= {"a", "b", "c"}  # choices to tick
        and changes >= _CHANGES * (len(ours) - 1)
        and sum(len(words.split()) for words in said) >= _WORDS * len(said)
        and sum("\t" in words for words in said) <= 0.5 * len(said)
    )


def _small_posts(
    spellings: Mapping[str, Counter[str]],
    shapes: Mapping[str, str | None],
    opening: Mapping[str, int],
    *,
    covered: int,
    units: int,
) -> set[str]:
    """`Social worker` and the like, which come several times where most other paragraphs have a label as well."""
    posts = {
        key
        for key, labels in spellings.items()
        if shapes[key] == "lower" and opening[key] > 1 and all(map(_is_post, labels))
    }
    return posts if covered + sum(opening[key] for key in posts) >= _AMONG_LABELS * units else set()


def _solitary(
    found: Sequence[Candidate],
    shapes: Mapping[str, str | None],
    counts: Mapping[str, int],
    sure: set[str],
    *,
    covered: int,
    units: int,
) -> set[str]:
    """Labels that come once and are believed all the same, by the company that they keep."""
    style = found[0].style
    if style in {Style.LETTER, Style.ALONE} or not (sure or covered >= 0.6 * units):
        return set()
    if style in SIGNS and not (sure or _numbered_questions(counts)):
        return set()
    dense = covered >= 0.9 * units
    mostly = covered >= 0.6 * units  # for `All:` and `P?:` among `P1:` and `P2:`
    least = 0.9 if style in SIGNS else 0.3
    sure_shapes = {shapes[key] for key in sure}
    believed: set[str] = set()
    for place, one in enumerate(found):
        key = key_of(one.label)
        shape_ = shapes[key]
        if key in sure or shape_ in {None, "lower", "number"} or not (one.opens or one.strong):
            continue
        if style is Style.BRACKET:
            if shape_ == "id" and sure_shapes & {"id"}:
                believed.add(key)
            continue
        company = dense and (shape_ != "name" or not sure or "name" in sure_shapes)
        several = mostly and (one.label.endswith("?") or role_by_convention(one.label) is Role.OTHER)
        early = place < _SOLITARY_LINES and shape_ == "full name" and style not in SIGNS
        kin = shape_ in {"id", "initials"} and shape_ in sure_shapes
        if company or several or early or kin or one.strong or (shape_ == "full name" and covered >= least * units):
            believed.add(key)
    return believed


def _followed_by_speech(found: Sequence[Candidate], lines: Sequence[str]) -> list[Candidate]:
    """Of lines that may be a name alone, those that something longer follows, and not another of their kind."""
    alone = {one.line for one in found}
    kept = []
    for one in found:
        following = one.line + 1
        while following < len(lines) and not lines[following].strip():
            following += 1
        if following < len(lines) and following not in alone and one.opens:
            kept.append(one)
    return kept


def names_of(chosen: Sequence[Candidate]) -> dict[str, str]:
    """The name to show for each label key: the commonest spelling; initials, doubled numbers and slips are resolved."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for one in chosen:
        spellings[key_of(one.label)][" ".join(one.label.split())] += 1
    names = {key: labels.most_common(1)[0][0] for key, labels in spellings.items()}
    counts = {key: labels.total() for key, labels in spellings.items()}
    aliases = {**misspelt_roles(names), **_doubled_numbers(names), **_short_for(names, counts)}
    numbered = _numbered_questions(counts)
    return {key: numbered.get(key) or names[aliases.get(key, key)] for key in names}


def _numbered_questions(counts: Mapping[str, int]) -> dict[str, str]:
    """`Q1`, `A1`, `Q2`, `A2` number the questions and answers of two speakers, where each comes once."""
    found = {key: key[0].upper() for key in counts if re.fullmatch(r"[qa]\d+", key)}
    letters = Counter(found.values())
    return found if min(letters["Q"], letters["A"]) >= 2 and all(counts[key] == 1 for key in found) else {}


def _doubled_numbers(names: Mapping[str, str]) -> dict[str, str]:
    """`Interviewer2 2` is a slip for `Interviewer2`, where there is one; `Interviewer 22` is somebody else."""
    found = {}
    for key, name in names.items():
        match = re.fullmatch(r"(\D+?(\d+))[ _.-]+\2", name)
        if match and key_of(match.group(1)) in names:
            found[key] = key_of(match.group(1))
    return found


def _short_for(names: Mapping[str, str], counts: Mapping[str, int]) -> dict[str, str]:
    """Initials and first names that stand for exactly one full name, which is written out only at the start."""
    short: dict[str, set[str]] = defaultdict(set)
    for key, name in names.items():
        words = [word for word in _SPLIT.split(_PARENTHESIS.sub(" ", name)) if word]
        if len(words) < 2 or counts[key] > 2 or role_by_convention(name):
            continue
        short["".join(word[0] for word in words).casefold()].add(key)
        short[(words[0][0] + words[-1][0]).casefold()].add(key)
        short[words[0].casefold()].add(key)
        short[words[-1].casefold()].add(key)
    return {
        key: next(iter(short[key]))
        for key, name in names.items()
        if len(short.get(key, ())) == 1 and (counts[key] > 2 or len(key) < 4) and shape(name) in {"initials", "name"}
    }
