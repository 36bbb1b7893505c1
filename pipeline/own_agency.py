"""The speaker's own agency, from attributes: first what names an agency, then the force, unless the post is another agency's.

A force with a post says more than the post's words: a community safety sergeant is an officer. What ranks and forces are
called stands here, as the vocabulary lists what is said in talk, and much of this is only written in tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.colleagues import Place
from pipeline.folding import straightened
from pipeline.ingest.conventions import words_of
from pipeline.vocabulary import Vocabulary

POLICE = "police"
GENERIC = "partners_generic"
"""Partners at large: nobody's own agency, unless it is named as such."""

BY_AGENCY, BY_POST, BY_FORCE, BY_LABEL, BY_SETTING = "agency", "post", "force", "label", "setting"
"""What an agency is known from."""

_AGENCY_KEYS = ("agency", "partner type", "organisation", "organization", "employer")
_POST_KEYS = ("role", "post", "job", "job title", "occupation", "rank")
_FORCE_KEYS = ("force", "police force", "constabulary")
_NONE = frozenset({"", "n a", "na", "nil", "no", "none", "not applicable"})
_NOT_GIVEN = _NONE | {"null", "not given", "not known", "not stated", "unknown"}

_FORCES = words_of("btp cnc colp garda gardaí gmp heddlu mdp met mps psni psos ruc wmp")
"""Short for forces and services of the British Isles."""
_FORCE_WORDS = frozenset({"police", "policing", "constabulary", "heddlu", "garda", "gardaí"})

_NOT_OF_A_FORCE = words_of("""
    ambulance association associations charity charities college council councils fire home homes hospital hospitals housing
    nhs probation school schools trust university
    """)
"""Words of a force's name that say it is none."""
_FORCES_TOO = frozenset({"county", "military", "ministry of defence"})
"""What the vocabulary takes for others, and forces are called too."""

_RANKS = words_of("""
    constable constables sergeant sergeants serjeant inspector inspectors superintendent superintendents detective detectives
    pc wpc sgt sgts sergt insp inspr supt suptd wps tpc psgt pinsp detcon detsgt detinsp detsupt dsgt dinsp dsupt dci
    chinsp cinsp chsupt csupt
    """)
"""Police ranks wherever they stand in a post."""
_ALONE = words_of("ps ci cc acc dcc dc ds di dsu dcs det cid tdc tds tdi tdci tps aps ads adi adci tci")
"""Police ranks where nothing else stands beside them; within a longer post they may be something else ("Wexby DC")."""
_OF_RANK = words_of("ac cmdr commander commissioner cs dac sc")
"""Police ranks in an attribute that is called rank; elsewhere they are a fire brigade's, say, or a commissioner of services."""
_BEFORE_A_RANK = words_of("a acting actg assistant c ch chief d deputy det t temp temporary")
_TITLES = words_of("dr miss mr mrs ms")
"""What comes after one is a name, whatever it means as a word."""
_CIVIL = words_of("""
    building buildings care factory food health housing meat ofsted planning pharmacist quality revenue rspca school schools
    standards tax ticket
    """)
"""Before "inspector" or "superintendent": not of the police."""

_POLICE_DO_SO_TOO = frozenset(
    {
        "community safety officer",
        "licensing officer",
        "asb officer",
        "antisocial behaviour officer",
        "anti-social behaviour officer",
        "emergency planner",
        "emergency planning officer",
        "enforcement officer",
        "youth offending officer",
        "yot officer",
        "team manager",
        "volunteer",
        "police community support officer",
        "community support officer",
        "pcso",
        "cso",
    }
)
"""Posts of other types in the vocabulary that forces have too."""
_ENFORCE = frozenset(
    {"enforcement officer", "asb officer", "antisocial behaviour officer", "anti-social behaviour officer"}
)
"""Those of them that are another type's where a word before them says whose."""
_WHOSE = {
    "tenancy": "housing",
    "housing": "housing",
    "school": "education",
    "schools": "education",
    "education": "education",
    "social": "social_services",
    "council": "local_authority",
    "planning": "local_authority",
    "environmental": "local_authority",
}
_OF_MANY = words_of("officer officers inspector inspectors superintendent superintendents")
"""Words for police in talk, which in a post's name may be anybody's."""
_FIELDS = words_of("""
    safety health housing education welfare offending justice treatment misuse safeguarding licensing planning protection triage
    care help government fire rehab outreach community communities adults probation diversion psychiatry highways cleansing
    lighting scene refuse drugs services social standards contingencies support police military army options
    officer officers liaison lead leads coordinator co-ordinator champion link team unit hub desk analyst policing engagement
    intervention relations partner inspector superintendent
    """)
"""Last words of what an officer may work on or in, too: "officer, youth justice", "council liaison officer"."""

_PART = re.compile(r"[,;:()\[\]|]|\s[-–—]\s|\s/\s")
_REMARK = re.compile(
    r"\b(?:with|formerly|former|previously|retired|ex-?|seconded|attached|on attachment|joined by|interviewed|to|for)\b",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class OwnAgency:
    """The partner type of a speaker's own agency, and what it is known from; None and an empty string where it is not known.

    `post` is the post given, where the force alone made it police: something to check.
    """

    agency: str | None = None
    by: str = ""
    post: str = field(default="", compare=False)


UNKNOWN = OwnAgency()


class OwnAgencies:
    """Tells speakers' own agencies.

    Args:
        vocabulary: its types are the agencies that there are.
        find: the mentions in a text; called only where a value is not understood without.
        default: the type taken where attributes say none.
    """

    def __init__(
        self, vocabulary: Vocabulary, find: Callable[[str], Sequence[Place]], default: str | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self._find = find
        self._default = default

    def of(self, attributes: Mapping[str, str], label: str | None = None) -> OwnAgency:
        """The own agency of a speaker with these attributes, in this order: an agency that is named; a police rank in the post,
        or a post that is plainly another agency's; the force, which means police; any words of the post; a rank or a post in
        the label by which the transcript calls the speaker (`Sgt Osei`, `Social worker 2`).

        A force whose words say that it is something else is an agency that is named, but counts after a police rank: areas
        have names like College Green.

        A rank that is given as none (`-`) takes that meaning from the force: where all have one, it is where they work.
        """
        known = {
            _folded(key).replace("_", " "): " ".join(straightened(value).split()) for key, value in attributes.items()
        }
        given = {key: value for key, value in known.items() if _bare(value) not in _NOT_GIVEN}
        agencies = [given[key] for key in _AGENCY_KEYS if key in given]
        posts = [_Post(given[key], key == "rank") for key in _POST_KEYS if key in given]
        called = [given[key] for key in _FORCE_KEYS if key in given]
        forces = [value for value in called if not self._is_no_force(value)]
        if not (self._police and any(post.leads_with_rank for post in posts)):
            agencies += [value for value in called if value not in forces]
        has_no_rank = bool(known.get("rank")) and _bare(known["rank"]) in _NONE
        for agency in agencies:
            if named := self._named(agency, forces):
                return OwnAgency(named, BY_AGENCY)
        if post := self._by_post(posts):
            return OwnAgency(post, BY_POST)
        if forces and not agencies and not has_no_rank and self._police:
            return OwnAgency(POLICE, BY_FORCE, posts[0].text if posts else "")
        if post := next(filter(None, (self._by_words(post.text) for post in posts)), None):
            return OwnAgency(post, BY_POST)
        if label and (named := self._by_label(label)):
            return OwnAgency(named, BY_LABEL)
        return OwnAgency(self._default, BY_SETTING) if self._default else UNKNOWN

    @cached_property
    def _police(self) -> str | None:
        return POLICE if POLICE in self._vocabulary.types else None

    def _is_no_force(self, value: str) -> bool:
        """Whether what is given as a force is plainly something else, by its words or by the vocabulary."""
        words = frozenset(_bare(value).split())
        if words & (_FORCES | _FORCE_WORDS):
            return False
        found = [place for place in self._find(value) if self._tells(value, place)]
        if any(place.partner_type == POLICE for place in found):
            return False
        return bool(words & _NOT_OF_A_FORCE) or any(
            value[place.start : place.end].casefold() not in _FORCES_TOO for place in found
        )

    def _named(self, value: str, forces: Sequence[str]) -> str | None:
        """The type that an agency's value means: by its name, as a force, by the vocabulary, or by words of a type's name."""
        if exact := self._type_called(value):
            return exact
        words = _bare(value).split()
        if self._police and (
            _bare(value).removeprefix("the ") in _FORCES or value.casefold() in map(str.casefold, forces)
        ):
            return POLICE
        if found := self._by_words(value):
            return found
        if self._police and not _FORCE_WORDS.isdisjoint(words):
            return POLICE
        said = {*words} - {"and"}
        partly = [kind for kind in self._vocabulary.types if said and said <= {*kind.split("_")}]
        return partly[0] if len(partly) == 1 and partly != [GENERIC] else None

    def _type_called(self, value: str) -> str | None:
        name = _bare(value).replace(" ", "_")
        return name if name in self._vocabulary.types else None

    def _by_words(self, value: str) -> str | None:
        """The type of the first mention in the value, capitals or not."""
        if exact := self._type_called(value):
            return exact
        places = self._find(value) or self._find(value.upper())
        return next((place.partner_type for place in places if self._tells(value, place)), None)

    def _tells(self, value: str, place: Place) -> bool:
        said = value[place.start : place.end].casefold()
        return place.partner_type != GENERIC and (said not in _OF_MANY or len(said) == len(value))

    def _by_post(self, posts: Sequence[_Post]) -> str | None:
        """Police for a rank; else the type of the first post that is plainly of one agency."""
        if self._police and any(post.leads_with_rank for post in posts):
            return POLICE
        for post in posts:
            if exact := self._type_called(post.text):
                return exact
            if plain := next(filter(None, map(self._plainly, post.parts)), None):
                return plain
        return POLICE if self._police and any(post.has_rank for post in posts) else None

    def _by_label(self, label: str) -> str | None:
        """What a speaker's label says. Names are left alone: `DI` is initials, `Church` and `Mr Constable` are people."""
        words = [word for word in _bare(label).split() if not word.isdigit()]
        for part in _IN_BRACKETS.findall(label):
            if exact := self._type_called(part):
                return exact
        if words[:1] and words[0] in _TITLES:
            return None
        if exact := self._type_called(" ".join(words)):
            return exact
        of_police = _rank_in(label) and len(label.split()) > 1
        if self._police and (of_police or POLICE in words):
            return POLICE
        for place in self._find(label):
            phrase = self._vocabulary.phrases.get(label[place.start : place.end].casefold())
            if phrase is not None and phrase.is_post and self._is_plain(label, place):
                return place.partner_type
        return None

    def _plainly(self, part: str) -> str | None:
        if self._police and _rank_in(part):
            return POLICE
        if _bare(part).startswith("tenancy ") and _WHOSE["tenancy"] in self._vocabulary.types:
            return _WHOSE["tenancy"]
        places = self._find(part)
        for place in places:
            if whose := self._enforces_for(part, place):
                return whose
        for place in places:
            if self._is_plain(part, place):
                return place.partner_type
        return None

    def _enforces_for(self, part: str, place: Place) -> str | None:
        """Whose enforcement officer it is, as words before say: of tenancies, say, which the police do not enforce."""
        if part[place.start : place.end].casefold() not in _ENFORCE:
            return None
        kinds = (_WHOSE.get(word) for word in _bare(part[: place.start]).split())
        return next((kind for kind in kinds if kind in self._vocabulary.types), None)

    def _is_plain(self, part: str, place: Place) -> bool:
        """Whether words of a post are those of one agency alone, rather than of a field in which the police work too."""
        said = part[place.start : place.end].casefold()
        if place.partner_type == GENERIC or said in _OF_MANY or said in _POLICE_DO_SO_TOO:
            return False
        if place.partner_type == POLICE:
            return True
        phrase = self._vocabulary.phrases.get(said)
        if phrase is not None and phrase.is_post:
            return True
        last_of = (_last_word(said), _last_word(part[place.end :].casefold()))
        return not any(word in _FIELDS for word in last_of)


class _Post:
    """The value of an attribute that tells a post."""

    def __init__(self, text: str, is_rank: bool) -> None:
        self.text = text
        pieces = [piece for piece in map(str.strip, _PART.split(text)) if piece]
        cut = [_REMARK.search(piece) for piece in pieces]
        # After "with", "formerly" or "seconded to" others are named: what stands before it is the speaker's.
        heads = (piece[: at.start()] if at else piece for piece, at in zip(pieces, cut, strict=True))
        self.parts = [head.strip() for head in heads if head.strip()]
        self._remarks = [piece[at.end() :] for piece, at in zip(pieces, cut, strict=True) if at]
        self.leads_with_rank = bool(self.parts) and (_rank_in(self.parts[0]) or self._is_short_rank(is_rank))
        self.has_rank = any(map(_rank_in, self._remarks))

    def _is_short_rank(self, is_rank: bool) -> bool:
        """Whether a part is nothing but a short form of a rank, or an attribute called rank begins with one."""
        for part in self.parts:
            words = [word for word in _rank_words(part) if word not in _BEFORE_A_RANK]
            short = _ALONE | _OF_RANK if is_rank else _ALONE
            if words and words[0] in short and (is_rank or len(words) == 1):
                return True
        return False


def _rank_in(text: str) -> bool:
    words = list(_rank_words(text))
    return any(
        word in _RANKS and not (word.startswith(("insp", "super")) and place and words[place - 1] in _CIVIL)
        for place, word in enumerate(words)
    )


def _rank_words(text: str) -> Iterator[str]:
    """The words in small letters, without numbers; `D.C.I.` is one."""
    return (word for word in re.findall(r"[^\W_]+", text.replace(".", "").casefold()) if not word.isdigit())


def _last_word(text: str) -> str:
    words = _WORD.findall(text)
    return words[-1] if words else ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _bare(text: str) -> str:
    """The words alone, in small letters; `&` is "and"."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold().replace("&", " and ")).split())
