"""How the writers of messages take leave."""

import pytest
from looking import check_laws, said

HEAD = "From: {} <a@x.org>\nSent: 0{} March 2024 09:10\nTo: somebody\nSubject: RE: Interview\n\n"
ASKED, TOLD = "How did the hub begin?", "With the council."


def exchange(ending, name="Ann Ray"):
    bodies = [("Jo Bell", ASKED), (name, f"{TOLD}{ending}"), ("Jo Bell", "And now?"), (name, "It works.")]
    return "".join(f"{HEAD.format(who, n + 1)}{body}\n\n" for n, (who, body) in enumerate(bodies))


def told(transcript, name="Ann Ray"):
    return next(" ".join(" ".join(words).split()) for who, words in said(transcript) if who == name)


@pytest.mark.parametrize(
    "ending",
    [
        "\n\nBest wishes,\nAnn Ray",
        "\n\nKind regards,\n\nAnn",
        "\nKind regards\nAnn Ray\nChief Inspector\nTel: 01632 960123",
        "\n\nMany thanks and best wishes, Ann",
        "\n\nThanks,\nAnn x",
        "\n\nThanks\nAnn",
        "\n\nBest wishes,\nA.R.",
        "\n\nYours sincerely,\nDr Ann Ray",
        "\n\nWith kind regards,",
        "\n\nBest wishes,\n[name removed]",
        "\n\nBest wishes,\nXXXX",
        "\n\nBest wishes,\nSarah",
        "\n\nMit freundlichen Grüßen\nAnn Ray",
        "\n\nBien cordialement,\nAnn",
    ],
)
def test_leave_is_no_talk(read, ending):
    transcript = read(exchange(ending))
    assert told(transcript) == TOLD
    check_laws(transcript)


@pytest.mark.parametrize(
    "ending",
    [
        "\n\nBest wishes to the team, they earned it.",
        "\n\nBest wishes to the team",
        "\n\nThanks to the police, it works",
        "\n\nThanks",
        "\n\nThanks, Jo",
        "\n\nThanks Jo.",
        "\n\nTake care",
        "\n\nTheir letter ended with\nKind regards,\nThe Council\nand that was all.",
        "\n\nBest of all\nAnn was there.",
        "\n\nBest practice,\nAnn Ray",
        "\n\nWhat helped?\nThanks\nMoney",
        "\n\nCheers went up, and we were\nhappy",
        "\n\nThank you!\n\nSometimes",
        "\n\nWhat held it up was\nLove,\nTrust",
    ],
)
def test_talk_that_begins_so_is_talk(read, ending):
    assert told(read(exchange(ending))) == " ".join(f"{TOLD}{ending}".split())


@pytest.mark.parametrize(
    "more",
    [
        "PS The rent is paid by the council",
        "It was hard, though",
        "We share it. All of us",
        "PS We had 300 cases last year and housing never came",
        "PS Housing Never Paid",
        "In 2019 the council left us and went",
    ],
)
def test_what_follows_the_name_is_talk(read, more):
    assert told(read(exchange(f"\n\nBest wishes,\nAnn\n{more}"))) == f"{TOLD} {more}"


def test_a_name_that_is_not_the_writers_must_end_the_message(read):
    assert told(read(exchange("\n\nBest wishes,\nSarah\n\nIt was hard.", "P7")), "P7").endswith("Sarah It was hard.")
    assert told(read(exchange("\n\nBest wishes,\nSarah", "P7")), "P7") == TOLD


def test_leave_in_a_quotation_that_stands_nowhere_else_is_no_talk(read):
    quoted = "\n\nOn 4 March, Jo Bell wrote:\n> And who paid?\n> Best wishes,\n> Jo\n"
    assert ("Jo Bell", ["And who paid?", "And now?"]) in said(read(exchange(quoted)))


def test_a_message_of_nothing_else_is_left_out(read):
    text = exchange("") + HEAD.format("Ann Ray", 5) + "Thanks,\nAnn\n"
    assert said(read(text)) == said(read(exchange("")))


def test_a_code_that_signs_by_name_takes_leave(read):
    assert told(read(exchange("\n\nThanks,\nSarah", name="P7")), "P7") == TOLD
