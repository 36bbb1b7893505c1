"""What transcribers call speakers: which labels say a role by themselves, and which words are never a speaker."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pipeline.types import Role


def words_of(text: str) -> frozenset[str]:
    """The words of a list written as running text."""
    return frozenset(text.split())


_INTERVIEWER = """
    interviewer int intv intvr ivr iver interviewerin interviewers interviewed_by questioner question q i moderator
    moderatorin mod facilitator fac researcher chercheur chercheuse intervieweur enquêteur enquêtrice enqueteur
    entrevistador entrevistadora moderador moderadora investigador investigadora intervistatore intervistatrice
    moderatore forscher forscherin fragende host presenter interrogator examiner counsel counsel_inquiry
    counsel_to_the_inquiry lead_counsel chair the_chair chairman the_chairman chairwoman chairperson the_chairperson
    опрашивающий интервьюер модератор assistant_moderator assistant_facilitator research_assistant modérateur modératrice
    animateur animatrice facilitateur facilitatrice facilitador facilitadora facilitatore
"""
_PARTICIPANT = """
    interviewee participant respondent resp respondant informant witness the_witness patient client student
    subject answer a ie part pt befragter befragte befragte_person interviewte interviewter interviewé interviewée
    enquêté enquêtée répondant répondante participante participant_e entrevistado entrevistada partecipante
    intervistato intervistata guest customer caller respondente респондент participants interviewees
    pupil pupils students clients patients klient klientin patientin paciente paziente
"""
_OTHER = """
    unknown_speaker unknown unidentified unidentified_speaker unidentified_male unidentified_female unknown_male
    unknown_female unidentified_voice inaudible break all everyone several group multiple multiple_speakers
    various_speakers observer note_taker notetaker transcriber transcriptionist clerk the_clerk usher court_reporter
    the_court_reporter interpreter the_interpreter translator automated_voice recording announcer narrator crosstalk
    video_played video audience unknown_voice both other operator silent_observer note_keeper minute_taker scribe
    rapporteur timekeeper dolmetscher dolmetscherin übersetzer übersetzerin beobachter beobachterin protokollant
    protokollantin observateur observatrice interprète traducteur traductrice observador observadora intérprete
    traductor traductora osservatore osservatrice interprete traduttore traduttrice
"""
_TERSE = words_of("q i a int mod fac part pt ie other all both group resp res pupil pupils students clients patients")
"""Too short or too common to be trusted on their own: they need to recur as any name does."""

_ROLES: dict[str, Role] = {
    word.replace("_", " "): role
    for role, words in (
        (Role.INTERVIEWER, _INTERVIEWER),
        (Role.PARTICIPANT, _PARTICIPANT),
        (Role.OTHER, _OTHER),
    )
    for word in words.split()
}
_BESIDE_A_NAME = words_of("""
    interviewer intervieweur intervieweuse interviewerin moderator moderatorin facilitator co-moderator co-facilitator
    co-interviewer researcher observer note-taker notetaker interpreter translator transcriber participant interviewee
    respondent witness
""")
"""Words that say the role of the person whose name stands beside them: `Moderator Sarah`, `Jane Smith Interpreter`."""
_OF_POSTS = words_of("""
    coordinator co-ordinator manager lead leader supervisor trainer trainee tutor officer worker team service services adviser
    advisor developer nurse teacher director head engagement booking liaison
""")
"""Words of a post that may stand after such a word: an `Interpreter Coordinator` interprets for nobody."""
_PART = re.compile(r"[()\[\]{},;/|]|\s[-–—]\s")
_NUMBER = re.compile(r"[ _.-]*(?:\d{1,4}|\(\d{1,4}\)|#\d{1,4})[a-z]?$")
_QUALIFIED = re.compile(
    r"^(?:(?:first|second|third|lead|co|male|female|senior|junior|older|younger|focus group)[ -])*(.+?)"
    r"(?: (?:one|two|three|four|five|[a-e]|for the .{1,40}|to the .{1,40}|(?:core )?inquiry))?$"
)
_LEAD_COUNSEL = re.compile(r"^lead (?:inquiry|counsel|\d[a-z]?)$")
_SHORT_PARTICIPANT = re.compile(r"^(?:p|pp|r|fg|rp|id|fp|mp)[ _-]?\d{1,4}[a-z]?$")

NEVER = words_of("""
    also although and another answer anyway april as august basically because besides but caution caveat chapter
    conclusion day december definition details e.g edit eg either end etc even example examples except february
    figure file finally first firstly friday fyi goal he hence her his hour how however https http i.e idea ie if
    important in indeed it its item january july june just keywords last lastly later lesson level like line list
    maybe meaning meanwhile monday month moreover my namely nb never next no nor note notes november number october
    ok okay one only option or otherwise our page part perhaps phase plus point problem question re reason
    remember result right round saturday scene second secondly section see september she side slide so solution
    source stage step still summary sunday table take tape task that the their then there therefore they third
    thirdly this thursday thus time tip today todo tomorrow topic track tuesday two unit update us warning we
    wednesday week well what when where whereas which who why year yes yesterday yet you your subject
    attention advantages disadvantages pros cons strengths weaknesses aim aims method methods background
    """)
"""Words that end a clause before a colon, or number a list; a label that is or starts with one is no speaker."""


@lru_cache(maxsize=65_536)
def key_of(label: str) -> str:
    """One key for all spellings of a label: `Interviewer 1`, ` interviewer1`, `INTERVIEWER 1.`"""
    folded = unicodedata.normalize("NFKC", label).casefold()
    return "".join(character for character in folded if character.isalnum() or character in "|&@+#'’")


@lru_cache(maxsize=65_536)
def role_by_convention(label: str) -> Role | None:
    """The role that a label says by itself (`Interviewer 2`, `P1`, `The Witness`), or None."""
    words = " ".join(unicodedata.normalize("NFKC", label).casefold().replace("_", " ").split()).strip(" .*")
    words = words.replace("note-taker", "note taker").replace("minute-taker", "minute taker")
    bare = _NUMBER.sub("", _NUMBER.sub("", words)) or words  # twice, for slips such as `Interviewer2 2`
    if words in _ROLES:
        return _ROLES[words]
    if _LEAD_COUNSEL.match(words):
        return Role.INTERVIEWER
    if _SHORT_PARTICIPANT.match(words):
        return Role.PARTICIPANT
    if bare in _ROLES:
        return _ROLES[bare]
    core = _QUALIFIED.match(bare)
    return _ROLES.get(core.group(1)) if core else None


@lru_cache(maxsize=65_536)
def role_beside_a_name(label: str) -> Role | None:
    """The role that stands with a name: `Sarah (Moderator)`, `Dr Lee - note-taker`, `Observer Jamie Reeves`; None where two do.

    Of labels that are speakers for other reasons: as a sign of a label it would take `Participant Number:` for one.
    """
    parts = [part.strip() for part in _PART.split(label) if part.strip()]
    words = label.split()
    if len(parts) > 1:
        found = {role_by_convention(part) for part in parts if says_its_role(part)}
    elif len(words) > 1:
        ends = (words[-1],) if _OF_POSTS.intersection(label.casefold().split()[1:]) else (words[0], words[-1])
        found = {role_by_convention(word) for word in ends if word.casefold() in _BESIDE_A_NAME}
    else:
        found = set()
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=65_536)
def says_its_role(label: str) -> bool:
    """Whether a label is a role word so plain that it need not recur to be believed."""
    key = re.sub(r"\d+$", "", key_of(label))
    return role_by_convention(label) is not None and len(key) > 2 and key not in _TERSE and key not in NEVER
