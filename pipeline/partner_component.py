"""The spaCy component `partner_mentions`: phrases of the partner vocabulary, and the people who belong to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span

from pipeline.errors import UsageError
from pipeline.folding import straightened
from pipeline.resources import config_folder
from pipeline.vocabulary import Phrase, Vocabulary, load_vocabulary

SPANS = "partner_mentions"
"""Where in `doc.spans` the mentions are."""

_LEADS_UP = frozenset({"from", "at", "in", "of", "off", "on", "with"})
_ARTICLES = frozenset({"the", "our", "your", "their", "my"})
_BEFORE_SENTENCES = frozenset(".?!:…\"'“([*-–—") | {"..", "..."}
_NAME = re.compile(r"[A-Z][a-z]+(?:['’-][A-Z][a-z]+)?$|O['’][A-Z][a-z]+$|Mc[A-Z][a-z]+$")


class Found(NamedTuple):
    """A match, in tokens, half-open; `is_person` where one person is meant ("housing officer", "lad from the council")."""

    start: int
    end: int
    phrase: Phrase
    is_person: bool = False


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
        plain, places = _plain(doc)
        doc.spans[SPANS] = [
            Span(doc, places[match.start], places[match.end - 1] + 1, label=match.phrase.partner_type)
            for match in self.find(plain)
            if match.phrase.partner_type != self._own
        ]
        return doc

    @staticmethod
    def _key(phrase: Phrase) -> str:
        return f"{phrase.partner_type}/{phrase.is_post}/{phrase.is_person}/{phrase.not_first}"

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

    def find(self, doc: Doc) -> list[Found]:
        """The mentions of every agency in a `doc` of straight apostrophes and without tokens of white space."""
        found = [
            _without_article(doc, Found(start, end, keys[key]))
            for matcher, keys in self._matchers
            for key, start, end in matcher(doc)
            if not (keys[key].not_first and _is_first(doc, start))
        ]
        if not found:
            return []
        chosen = _longest(found)
        taken = {token for match in chosen for token in range(match.start, match.end)}
        # What only looks like a partner has done its work: it has kept shorter phrases from being found in it.
        return [self._extended(doc, match, taken) for match in chosen if match.phrase.partner_type]

    def _extended(self, doc: Doc, match: Found, taken: set[int]) -> Found:
        """The mention with the person who belongs to it: "PC Ahmed", "housing lass", "Denise from housing"."""
        start, end = match.start, match.end
        while end < len(doc) and end not in taken and self._follows(doc, end, match):
            end += 1
        person = self._person_before(doc, start)
        if person is not None and taken.isdisjoint(range(person, start)):
            start = person
        taken.update(range(start, end))
        is_person = match.phrase.is_person if (start, end) == match[:2] else self._is_person(doc, start, end, match)
        return Found(start, end, match.phrase, is_person)

    def _is_person(self, doc: Doc, start: int, end: int, match: Found) -> bool:
        """Whether a mention that was extended is of one person: by the word before it, else by the last one."""
        if start < match.start:
            return doc[start].text in self._vocabulary.names or doc[start].lower_ in self._vocabulary.persons
        return match.phrase.is_person or doc[end - 1].lower_ in self._vocabulary.persons

    def _follows(self, doc: Doc, place: int, match: Found) -> bool:
        word = doc[place].text
        if match.phrase.is_post and _NAME.match(word):
            titled = doc[match.start].text.istitle()  # "Superintendent Hill", but not "NHS England"
            return titled or word in self._vocabulary.names
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


def _plain(doc: Doc) -> tuple[Doc, Sequence[int]]:
    """`doc` as `PartnerMentions.find` needs it, and the place in `doc` of each of its tokens."""
    kept = [token for token in doc if not token.text.isspace()]
    words = [straightened(token.text) for token in kept]
    if words == [token.text for token in doc]:
        return doc, range(len(doc))
    return Doc(doc.vocab, words=words, spaces=[bool(token.whitespace_) for token in kept]), [t.i for t in kept]


def _is_first(doc: Doc, place: int) -> bool:
    """Whether a token begins a sentence or what someone says."""
    return place == 0 or doc[place - 1].text in _BEFORE_SENTENCES


def _without_article(doc: Doc, match: Found) -> Found:
    """The match without the article that some phrases need to be told from other words ("the social")."""
    has_one = match.phrase.partner_type and doc[match.start].lower_ in _ARTICLES
    return match._replace(start=match.start + 1) if has_one else match


def _longest(found: list[Found]) -> list[Found]:
    """The longest of those that overlap; of equals, a partner before what only looks like one, then the first."""
    found.sort(key=lambda match: (match.start - match.end, match.phrase.partner_type is None, match.start))
    chosen: list[Found] = []
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
    return PartnerMentions(nlp, words, checked_agency(default_own_agency, words))


def checked_agency(own_agency: str | None, vocabulary: Vocabulary) -> str | None:
    """`own_agency`, if the vocabulary has such a partner type.

    Raises:
        UsageError: it has not.
    """
    if own_agency is None or own_agency in vocabulary.types:
        return own_agency
    raise UsageError(
        f"unknown own agency {own_agency!r}",
        path=vocabulary.path,
        remedy=f"give one of {', '.join(vocabulary.types)}",
    )
