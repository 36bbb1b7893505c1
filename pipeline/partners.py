"""Partner mentions: the words in a segment that name a partner agency, its posts or its people.

A spaCy component finds them with a vocabulary that researchers edit (`configs/partners.yaml`).
`nlp.add_pipe("partner_mentions")` puts it into any pipeline; its spans are in `doc.spans["partner_mentions"]`,
labelled with the partner's type. The longest phrase wins, mentions never overlap, and an article before one is
not part of it.

The speaker's own agency is not a partner: mentions of its type are dropped where it is known. Only types are
compared, so a police officer's other force, or the county council to someone of the district, is dropped too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span

from pipeline.errors import UsageError
from pipeline.resources import config_folder
from pipeline.types import Mention, Segment
from pipeline.vocabulary import Phrase, Vocabulary, load_vocabulary

SPANS = "partner_mentions"

_LEADS_UP = frozenset({"from", "at", "in", "of", "on", "with"})
_ARTICLES = frozenset({"the", "our", "your", "their", "my"})
_NAME = re.compile(r"[A-Z][a-z]+(?:['’-][A-Z][a-z]+)?$|O['’][A-Z][a-z]+$|Mc[A-Z][a-z]+$")

_PREFIX = re.compile(r"^[\"'“‘(\[*_]")
_SUFFIX = re.compile(r"(?:['’]s|[.?!,;:…\"'”’)\]*_—–])$", re.IGNORECASE)
_INFIX = re.compile(r"[-/—–…]|(?<=[a-z])[.?!,](?=[A-Z])")

_AGENCY_KEYS = ("agency", "partner_type", "organisation", "organization", "employer")
_POST_KEYS = ("role", "post", "job", "job title", "occupation", "rank")


class _Found(NamedTuple):
    """A match, in tokens, half-open."""

    start: int
    end: int
    phrase: Phrase


class PartnerMentions:
    """The spaCy component. Sets `doc.spans["partner_mentions"]`."""

    def __init__(self, nlp: Language, vocabulary: Vocabulary, own_agency: str | None = None) -> None:
        self._vocabulary = vocabulary
        self._own = own_agency
        self._strings = nlp.vocab.strings
        self._matchers = [
            (self._matcher(nlp, "LOWER", vocabulary.phrases), self._keys(vocabulary.phrases)),
            (self._matcher(nlp, "ORTH", vocabulary.acronyms), self._keys(vocabulary.acronyms)),
        ]

    def __call__(self, doc: Doc) -> Doc:
        """Find the mentions in `doc`, in order, but for those of the speaker's own agency."""
        doc.spans[SPANS] = [
            Span(doc, start, end, label=phrase.partner_type)
            for start, end, phrase in self._mentions(doc)
            if phrase.partner_type != self._own
        ]
        return doc

    @staticmethod
    def _key(phrase: Phrase) -> str:
        return f"{phrase.partner_type}/{phrase.is_post}"

    def _keys(self, phrases: Mapping[str, Phrase]) -> dict[int, Phrase]:
        return {self._strings.add(self._key(phrase)): phrase for phrase in set(phrases.values())}

    def _matcher(self, nlp: Language, attribute: str, phrases: Mapping[str, Phrase]) -> PhraseMatcher:
        matcher = PhraseMatcher(nlp.vocab, attr=attribute)
        docs: dict[str, list[Doc]] = {}
        for text, phrase in phrases.items():
            docs.setdefault(self._key(phrase), []).append(nlp.make_doc(text))
        for key, patterns in docs.items():
            matcher.add(key, patterns)
        return matcher

    def _mentions(self, doc: Doc) -> list[_Found]:
        found = [_Found(start, end, keys[key]) for matcher, keys in self._matchers for key, start, end in matcher(doc)]
        if not found:
            return []
        chosen = _longest(found)
        taken = {token for match in chosen for token in range(match.start, match.end)}
        # What only looks like a partner has done its work: it has kept shorter phrases from being found in it.
        return [self._extended(doc, match, taken) for match in chosen if match.phrase.partner_type]

    def _extended(self, doc: Doc, match: _Found, taken: set[int]) -> _Found:
        """The mention with the person who belongs to it: "PC Ahmed", "housing lass", "Denise from housing"."""
        start, end = match.start, match.end
        while end < len(doc) and end not in taken and self._follows(doc, end, match):
            end += 1
        person = self._person_before(doc, start)
        if person is not None and taken.isdisjoint(range(person, start)):
            start = person
        taken.update(range(start, end))
        return _Found(start, end, match.phrase)

    def _follows(self, doc: Doc, place: int, match: _Found) -> bool:
        word = doc[place].text
        if match.phrase.is_post and _NAME.match(word):
            return doc[match.start].text[0].isupper() or word in self._vocabulary.names
        return place == match.end and word.lower() in self._vocabulary.people

    def _person_before(self, doc: Doc, start: int) -> int | None:
        place = start - 1
        if place > 0 and doc[place].lower_ in _ARTICLES:
            place -= 1
        if place < 1 or doc[place].lower_ not in _LEADS_UP:
            return None
        word = doc[place - 1].text
        known = word in self._vocabulary.names or word.lower() in self._vocabulary.people
        return place - 1 if known else None


def _longest(found: list[_Found]) -> list[_Found]:
    """The longest of those that overlap; of equals, a partner before what only looks like one, then the first."""
    found.sort(key=lambda match: (match.start - match.end, match.phrase.partner_type is None, match.start))
    chosen: list[_Found] = []
    taken: set[int] = set()
    for match in found:
        tokens = range(match.start, match.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            chosen.append(match)
    return sorted(chosen, key=lambda match: match.start)


@Language.factory(  # type: ignore[untyped-decorator]
    "partner_mentions", default_config={"vocabulary": None, "default_own_agency": None}
)
def make_partner_mentions(
    nlp: Language, name: str, vocabulary: str | None, default_own_agency: str | None
) -> PartnerMentions:
    """The component for `nlp.add_pipe("partner_mentions", config={...})`.

    Args:
        vocabulary: path of a vocabulary; the shipped one if None.
        default_own_agency: the partner type that is never a partner; None to keep all.
    """
    words = load_vocabulary(Path(vocabulary) if vocabulary else config_folder() / "partners.yaml")
    return PartnerMentions(nlp, words, _checked(default_own_agency, words))


def _checked(own_agency: str | None, vocabulary: Vocabulary) -> str | None:
    if own_agency is None or own_agency in vocabulary.types:
        return own_agency
    raise UsageError(
        f"unknown own agency {own_agency!r}",
        path=vocabulary.path,
        remedy=f"give one of {', '.join(vocabulary.types)}",
    )


class PartnerFinder:
    """Finds the partner mentions of segments.

    Args:
        vocabulary: a YAML file like the shipped `configs/partners.yaml`; that one if None.
        default_own_agency: the partner type taken for the speaker's own agency where none is given, such as
            `police` for interviews with officers. With None, nothing is dropped from an unknown speaker's segments.

    Raises:
        UsageError: the vocabulary is unusable, or the agency is not one of its types.
    """

    def __init__(self, vocabulary: Path | None = None, default_own_agency: str | None = None) -> None:
        words = load_vocabulary(vocabulary or config_folder() / "partners.yaml")
        self.types = words.types
        self._default = _checked(default_own_agency, words)
        self._nlp = spacy.blank("en")
        # English's own tokenizer takes four times as long, and splits nothing that the vocabulary needs split.
        self._nlp.tokenizer = Tokenizer(
            self._nlp.vocab,
            prefix_search=_PREFIX.search,
            suffix_search=_SUFFIX.search,
            infix_finditer=_INFIX.finditer,
        )
        self._component = PartnerMentions(self._nlp, words)

    def find(self, segment: Segment, own_agency: str | None = None) -> tuple[Mention, ...]:
        """The mentions in one segment, in order, with offsets into the transcript's text.

        Args:
            own_agency: the partner type of the speaker's own agency, where known (see `own_agency_of`).
        """
        own = own_agency or self._default
        return tuple(
            Mention(segment.start + start, segment.start + end, segment.text[start:end], kind)
            for start, end, kind in self.find_in(segment.text)
            if kind != own
        )

    def find_all(self, segments: Sequence[Segment], own_agencies: Sequence[str | None]) -> list[tuple[Mention, ...]]:
        """`find` for each segment and its speaker's own agency."""
        return [self.find(segment, own) for segment, own in zip(segments, own_agencies, strict=True)]

    def find_in(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and partner type of each mention in `text`, no agency dropped."""
        doc = self._component(self._nlp.tokenizer(text))
        return [(span.start_char, span.end_char, span.label_) for span in doc.spans[SPANS]]


@cache
def _default_finder() -> PartnerFinder:
    return PartnerFinder()


def own_agency_of(attributes: Mapping[str, str]) -> str | None:
    """The partner type of a speaker's own agency, from the attributes of the speaker or transcript.

    An attribute that names the agency counts before one that names the post; either may be a partner type
    (`social_services`) or words that the shipped vocabulary knows (`Midshire County Council`, `housing
    officer`).
    A rank or a force without either means `police`. None if nothing is known.
    """
    known = {key.strip().lower().replace("_", " "): value.strip() for key, value in attributes.items()}
    for key in (*_AGENCY_KEYS, *_POST_KEYS):
        if (value := known.get(key.replace("_", " "), "")) and (agency := _agency(value)):
            return agency
    if known.get("force", "-") != "-" and not any(known.get(key) for key in (*_AGENCY_KEYS, *_POST_KEYS)):
        return "police"
    return None


def _agency(value: str) -> str | None:
    finder = _default_finder()
    name = re.sub(r"\W+", "_", value.lower()).strip("_")
    if name in finder.types:
        return name
    return next((kind for _, _, kind in finder.find_in(value)), None)
