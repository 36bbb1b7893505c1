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
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import spacy
from spacy.attrs import LOWER
from spacy.tokenizer import Tokenizer

from pipeline.colleagues import Place, Told, agreed, introductions, parts, with_people
from pipeline.folding import Folded, straightened
from pipeline.own_agency import OwnAgencies
from pipeline.partner_component import PartnerMentions, checked_agency
from pipeline.resources import config_folder
from pipeline.segment import keep_attributes, without_endless_words
from pipeline.types import Mention, Segment
from pipeline.vocabulary import Vocabulary, load_vocabulary

_PREFIX = re.compile(r"^[\"'“‘(\[*_]")
_SUFFIX = re.compile(r"(?:['’]s|[.?!,;:…\"'”’)\]*_—–])$", re.IGNORECASE)
_INFIX = re.compile(r"[-/—–…]|(?<=[a-z])[.?!,](?=[A-Z])")


class PartnerFinder:
    """Finds the partner mentions of segments.

    Args:
        vocabulary: a YAML file like the shipped `configs/partners.yaml`, or one as it was read; the shipped one if None.
        default_own_agency: the partner type taken for the speaker's own agency where none is given, such as
            `police` for interviews with officers. With None, nothing is dropped from an unknown speaker's segments.

    Raises:
        UsageError: the vocabulary is unusable, or the agency is not one of its types.
    """

    def __init__(self, vocabulary: Path | Vocabulary | None = None, default_own_agency: str | None = None) -> None:
        if not isinstance(vocabulary, Vocabulary):
            vocabulary = load_vocabulary(vocabulary or config_folder() / "partners.yaml")
        words = vocabulary
        self.types = words.types
        self._names = words.names
        self._default = checked_agency(default_own_agency, words)
        self._nlp = spacy.blank("en")
        # English's own tokenizer takes four times as long, and splits nothing that the vocabulary needs split.
        self._nlp.tokenizer = Tokenizer(
            self._nlp.vocab,
            prefix_search=_PREFIX.search,
            suffix_search=_SUFFIX.search,
            infix_finditer=_INFIX.finditer,
        )
        keep_attributes(self._nlp, LOWER)
        self._component = PartnerMentions(self._nlp, words)
        self.own_agencies = OwnAgencies(words, self.find_in, self._default)
        self._own_words = len(self._nlp.vocab.strings)

    @property
    def words_kept(self) -> int:
        """How many different words spaCy has kept in memory so far, beside those of the vocabulary."""
        return len(self._nlp.vocab.strings) - self._own_words

    def find(
        self, segment: Segment, own_agency: str | None = None, people: Mapping[str, str] | None = None
    ) -> tuple[Mention, ...]:
        """The mentions in one segment, in order, with offsets into the transcript's text.

        Args:
            own_agency: the partner type of the speaker's own agency, where known (see `own_agency_of`).
            people: partner types of colleagues by name, from `introduced`.
        """
        text = Folded(segment.text)
        return self._mentions(segment, text, self._told(text.text), own_agency, people or {})

    def find_all(
        self, segments: Sequence[Segment], own_agencies: Sequence[str | None], speakers: Iterable[str | None] = ()
    ) -> list[tuple[Mention, ...]]:
        """The mentions in each segment, given its speaker's own agency.

        Colleagues whom a transcript's segments introduce are found by name in all the transcript's segments, so
        give all segments of a transcript together.

        Args:
            speakers: names of speakers beside those of the segments: whoever speaks is addressed, not told of.
        """
        texts = [Folded(segment.text) for segment in segments]
        told = [self._told(text.text) for text in texts]
        here = {*speakers, *(segment.speaker for segment in segments)}
        together: defaultdict[str, list[tuple[str, list[Told]]]] = defaultdict(list)
        for segment, text, found in zip(segments, texts, told, strict=True):
            together[segment.transcript_id].append((text.text, found))
        people = {transcript: self._introduced(pairs, here) for transcript, pairs in together.items()}
        return [
            self._mentions(segment, text, found, own, people[segment.transcript_id])
            for segment, text, found, own in zip(segments, texts, told, own_agencies, strict=True)
        ]

    def introduced(self, texts: Iterable[str], speakers: Iterable[str | None] = ()) -> dict[str, str]:
        """The colleagues whom the texts introduce ("the housing officer, Denise"): partner types by name.

        Args:
            speakers: names of the transcript's speakers, who are not introduced.
        """
        folded = [Folded(text).text for text in texts]
        return self._introduced([(text, self._told(text)) for text in folded], speakers)

    def _introduced(self, texts: Iterable[tuple[str, list[Told]]], speakers: Iterable[str | None]) -> dict[str, str]:
        pairs = (pair for text, found in texts for pair in introductions(text, found, self._names))
        here = {part for speaker in speakers if speaker for part in parts(straightened(speaker))}
        return {
            name: kind for name, kind in agreed(pairs).items() if here.isdisjoint(parts(name)) and not self._told(name)
        }

    def _mentions(
        self, segment: Segment, text: Folded, told: list[Told], own_agency: str | None, people: Mapping[str, str]
    ) -> tuple[Mention, ...]:
        own = own_agency or self._default
        kept = [each for each in with_people(text.text, [each.place for each in told], people) if each[2] != own]
        places = [(*text.place(start, end), kind) for start, end, kind in kept]
        return tuple(
            Mention(segment.start + start, segment.start + end, segment.text[start:end], kind)
            for start, end, kind in places
        )

    def find_in(self, text: str) -> list[Place]:
        """The place and partner type of each mention in `text`, no agency dropped and no name looked for."""
        folded = Folded(text)
        return [Place(*folded.place(start, end), kind) for (start, end, kind), _ in self._told(folded.text)]

    def _told(self, folded: str) -> list[Told]:
        doc = self._nlp.tokenizer(without_endless_words(folded))
        return [
            Told(Place(doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), str(phrase.partner_type)), is_person)
            for start, end, phrase, is_person in self._component.find(doc)
        ]

    def own_agency_of(self, attributes: Mapping[str, str]) -> str | None:
        """The partner type of a speaker's own agency, from the attributes of the speaker or transcript.

        The default where they do not say it; None if there is no default (see `pipeline.own_agency`).
        """
        return self.own_agencies.of(attributes).agency
