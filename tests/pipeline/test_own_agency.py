"""The own agency from attributes: ranks alike, the force before words of the post, agencies as people write them."""

from __future__ import annotations

import pytest

from pipeline.own_agency import UNKNOWN, OwnAgency
from pipeline.partners import PartnerFinder

AGENCIES = PartnerFinder().own_agencies
POLICE_BY_FORCE, POLICE_BY_POST = OwnAgency("police", "force"), OwnAgency("police", "post")
RANKS = """
PC|PS|Insp|CI|Ch/Insp|Ch Insp|Supt|C/Supt|Chief Superintendent|ACC|DCC|CC|DetSgt|DC|DS|DI|DCI|D.C.I.|T/Sgt|T/DCI|A/Insp|
Acting Sergeant|Sgt.|PC 1234|Commander|detective constable
"""


@pytest.mark.parametrize("rank", RANKS.replace("\n", "").split("|"))
def test_every_rank_is_of_the_police_with_a_force_and_without(rank):
    assert AGENCIES.of({"rank": rank}) == AGENCIES.of({"rank": rank, "force": "Northshire"}) == POLICE_BY_POST


@pytest.mark.parametrize("rank", ["Grade 7", "probationer", "Scale 5"])
def test_a_rank_that_nobody_knows_leaves_the_force_its_meaning(rank):
    assert AGENCIES.of({"rank": rank, "force": "Northshire"}) == POLICE_BY_FORCE
    assert AGENCIES.of({"rank": rank}) == UNKNOWN


@pytest.mark.parametrize(
    ("post", "with_force", "without"),
    [
        ("community safety sergeant", "police", "police"),
        ("MASH sergeant", "police", "police"),
        ("Sergeant in the youth offending team", "police", "police"),
        ("superintendent seconded to the violence reduction unit", "police", "police"),
        ("analyst (retired inspector)", "police", "police"),
        ("detective, child protection", "police", "police"),
        ("Mental health liaison officer", "police", "mental_health"),
        ("council liaison officer", "police", "local_authority"),
        ("officer, youth offending team", "police", "youth_offending"),
        ("community safety officer", "police", "local_authority"),
        ("PCSO", "police", "wardens_pcso"),
        ("police community support officer", "police", "wardens_pcso"),
        ("housing inspector", "police", "housing"),
        ("astronaut", "police", None),
        ("victim liaison officer", "police", None),
        ("social worker", "social_services", "social_services"),
        ("GP", "health", "health"),
        ("CPN", "mental_health", "mental_health"),
        ("watch manager", "fire_rescue", "fire_rescue"),
        ("receptionist, secondary school", "education", "education"),
        ("residents' association chair", "community", "community"),
        ("mental health nurse, interviewed with a police constable", "mental_health", "mental_health"),
        ("local_authority", "local_authority", "local_authority"),
    ],
)
def test_words_of_a_post_do_not_override_the_force_unless_it_is_plainly_anothers(post, with_force, without):
    assert AGENCIES.of({"role": post, "force": "Northshire"}).agency == with_force
    assert AGENCIES.of({"role": post}).agency == without


@pytest.mark.parametrize(
    ("force", "kind"),
    [
        ("Brightwater Homes", None),
        ("Wexby Trust", None),
        ("Wexby Council", "local_authority"),
        ("Wexby NHS Trust", "health"),
        ("Northshire Fire and Rescue", "fire_rescue"),
        ("probation service", "probation"),
        ("Northshire", "police"),
        ("County", "police"),
        ("City of London", "police"),
        ("Ministry of Defence", "police"),
        ("National Crime Agency", "police"),
        ("Homes Valley Police", "police"),
    ],
)
def test_a_force_that_says_it_is_something_else_is_an_agency(force, kind):
    assert AGENCIES.of({"force": force, "role": "astronaut"}).agency == kind
    assert AGENCIES.of({"force": force, "rank": "PC"}) == POLICE_BY_POST


@pytest.mark.parametrize("force", ["Brightwater Homes", "Northmoor Constabulary", "Northshire"])
@pytest.mark.parametrize(
    ("post", "kind"),
    [
        ("Tenancy enforcement officer", "housing"),
        ("tenancy sustainment officer", "housing"),
        ("housing ASB officer", "housing"),
        ("school attendance enforcement officer", "education"),
        ("social services enforcement officer", "social_services"),
    ],
)
def test_an_enforcement_officer_of_others_is_theirs_whatever_the_force(force, post, kind):
    assert AGENCIES.of({"force": force, "rank": post}) == OwnAgency(kind, "post")
    assert AGENCIES.of({"role": "enforcement officer", "force": "Northshire"}) == POLICE_BY_FORCE


def test_a_post_that_only_the_force_makes_police_is_kept_to_be_checked():
    assert AGENCIES.of({"force": "Northshire", "role": "analyst"}).post == "analyst"
    assert AGENCIES.of({"force": "Northshire", "rank": "PC"}).post == "" == AGENCIES.of({"force": "N"}).post


def test_what_names_an_agency_counts_before_rank_and_force():
    assert AGENCIES.of({"agency": "housing", "rank": "PC", "force": "N"}) == OwnAgency("housing", "agency")
    assert AGENCIES.of({"Employer": "Wexby Leisure", "force": "N"}) == UNKNOWN
    assert AGENCIES.of({"agency": "Wexby Leisure", "rank": "Sgt", "force": "N"}) == POLICE_BY_POST
    assert AGENCIES.of({"agency": "Northshire", "force": "northshire"}) == OwnAgency("police", "agency")
    assert AGENCIES.of({"agency": "unknown", "force": "Northshire"}) == POLICE_BY_FORCE


@pytest.mark.parametrize("none", ["-", "n/a", "None", "–"])
def test_where_a_rank_is_given_as_none_the_force_is_a_place(none):
    assert AGENCIES.of({"rank": none, "force": "E", "role": "licensing officer"}) == OwnAgency(
        "local_authority", "post"
    )
    assert AGENCIES.of({"rank": none, "force": "E"}) == UNKNOWN
    assert AGENCIES.of({"rank": "", "force": "E"}) == POLICE_BY_FORCE
    assert AGENCIES.of({"force": none}) == UNKNOWN


@pytest.mark.parametrize(
    ("agency", "kind"),
    [
        ("Met", "police"),
        ("the Met", "police"),
        ("GMP", "police"),
        ("psni", "police"),
        ("BTP", "police"),
        ("Police Scotland", "police"),
        ("West Midlands Police", "police"),
        ("Northshire Constabulary", "police"),
        ("Heddlu Dyfed-Powys", "police"),
        ("Met Office", "central_government"),
        ("Police and Crime Commissioner", "local_authority"),
        ("Voluntary", "voluntary_sector"),
        ("Children’s services", "social_services"),
        ("children's services", "social_services"),
        ("nhs", "health"),
        ("Drugs & alcohol", "drugs_alcohol"),
        ("partner agency", None),
        ("Partners", None),
        ("Wexby Leisure", None),
    ],
)
def test_agencies_as_people_write_them(agency, kind):
    assert AGENCIES.of({"organisation": agency}).agency == kind


def test_the_default_stands_in_and_is_told_as_such():
    assert PartnerFinder(default_own_agency="housing").own_agencies.of({"gender": "f"}) == OwnAgency(
        "housing", "setting"
    )


def test_a_vocabulary_without_police_has_nobody_of_the_police(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("types:\n  wizards: {phrases: [wizard]}\n")
    mine = PartnerFinder(path).own_agencies
    assert mine.of({"force": "N", "rank": "PC", "agency": "Met"}) == UNKNOWN
    assert mine.of({"role": "grey wizard"}) == OwnAgency("wizards", "post")


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Sgt Osei", "police"),
        ("Chief Inspector Hughes", "police"),
        ("Police officer 3", "police"),
        ("Participant 3 (PC)", "police"),
        ("Social worker 2", "social_services"),
        ("Head teacher", "education"),
        ("Housing 1", "housing"),
        ("Mrs. Patel (Housing)", "housing"),
        ("PC", None),
        ("DI", None),
        ("Mr Constable", None),
        ("Church", None),
        ("Officer 2", None),
        ("Interviewee", None),
    ],
)
def test_a_rank_or_a_post_in_the_label_tells_where_attributes_do_not(label, kind):
    assert AGENCIES.of({}, label) == (OwnAgency(kind, "label") if kind else UNKNOWN)
    assert AGENCIES.of({"agency": "probation"}, label).agency == "probation"


def test_a_label_goes_before_the_default():
    mine = PartnerFinder(default_own_agency="housing").own_agencies
    assert mine.of({}, "PC Dunn") == OwnAgency("police", "label")
    assert mine.of({}, "Dunn") == OwnAgency("housing", "setting")
