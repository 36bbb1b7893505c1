"""One line on whose own agency is known, and one notice where that makes a difference."""

from __future__ import annotations

from pipeline.own_agencies_told import Known


def note(name, *participants):
    """A transcript's note; participants as (speaker, agency, from, mentions of the police)."""
    keys = ("speaker", "agency", "from", "mentions")
    made = [dict(zip(keys, (*one[:3], {"police": one[3]} if one[3] else {}), strict=True)) for one in participants]
    return {"transcript_id": f"{name}-01234567", "own_agencies": made}


def known(number, agency="police", source="force", start=0):
    return [note(f"k{start + i}", ("Ann", agency, source, 0)) for i in range(number)]


def test_the_line():
    assert Known.of_run(known(2)).line() == "police (from force) for 2 participants"
    mixed = [*known(2), *known(1, source="agency"), *known(1, "housing", "post"), note("u", ("Bo", None, None, 3))]
    assert Known.of_run(mixed).line() == (
        "police (from force 2, agency 1) for 3 participants, housing (from post) for 1 participant; "
        "not known for 1 participant: what they say of it counts as of a partner (give agency, force or rank as attributes, "
        "or set partners.own_agency for all who have none)"
    )
    many = [one for i, kind in enumerate("abcdefg") for one in known(9 - i, kind)]
    assert Known.of_run(many).line().endswith("e (from force) for 5 participants, 2 other agencies for 7")
    assert Known.of_run([note("a")]).line() == "" == Known.of_run([{"transcript_id": "of-an-older-version"}]).line()


def test_no_notice_where_all_are_known_or_where_it_makes_no_difference():
    assert Known.of_run(known(3)).warnings() == []
    assert Known.of_run([note(name, ("Bo", None, None, 0)) for name in "ab"]).warnings() == []


def test_one_notice_where_some_are_known():
    unknown = [note(f"u{i}", ("Bo", None, None, 0)) for i in range(3)]
    (told,) = Known.of_run(
        [*known(2), *unknown, note("g", ("Cy", None, None, 0), ("Di", "housing", "post", 0))]
    ).warnings()
    assert told.startswith(
        "the own agency of 4 of 7 participants is not known (u0, u1, u2 and 1 more), so that what they say "
    )
    assert told.endswith("; give agency, force or rank as attributes, or set partners.own_agency for all who have none")
    (told,) = Known.of_run([note("g", ("Cy", None, None, 0), ("Di", "housing", "post", 0))]).warnings()
    assert "(Cy in g)" in told


def test_one_notice_where_none_is_known_and_the_police_are_spoken_of():
    (told,) = Known.of_run([note("a", (None, None, None, 4)), note("b", ("Bo", None, None, 0))]).warnings()
    assert told.startswith(
        "nothing says the own agency of any of 2 participants, of whom 1 mentions the police: of officers"
    )


def test_posts_that_only_the_force_makes_police_are_to_be_checked_in_the_one_notice():
    posts = ["analyst", "analyst", "clerk", "gardener", "baker"]
    notes = known(len(posts))
    for one, post in zip(notes, posts, strict=True):
        one["own_agencies"][0]["post"] = post
    (told,) = Known.of_run(notes).warnings()
    said = "5 participants count as police by the force, with a post that is no police rank (analyst, baker, clerk and 1 more)"
    assert told.startswith(
        f"to check: {said}; give the attribute agency where that is wrong, or set partners.own_agency"
    )
    assert Known.of_run(notes).line().startswith(f"police (from force) for 5 participants; to check: {said} (give ")
    (both,) = Known.of_run([*notes, note("u", ("Bo", None, None, 3))]).warnings()
    assert both.startswith("the own agency of 1 of 6 participants is not known (u)") and both.endswith(told)
