"""Projects of REFI-QDA made by hand, a line of XML at a time."""

from __future__ import annotations

from pipeline.exchange.project import Project

GUID = "00000000-0000-4000-8000-{:012x}".format
ANN, BOB, TRUST, MONEY = map(GUID, (1, 2, 3, 4))
USERS = f'<Users><User guid="{ANN}" name="Ann"/><User guid="{BOB}" name="Bob"/></Users>'
CODES = (
    f'<CodeBook><Codes><Code guid="{TRUST}" name="Trust" isCodable="true" color="#0aF"><Description>Faith.</Description>'
    f'<Code guid="{MONEY}" name="Money" isCodable="true"/></Code></Codes></CodeBook>'
)


def project_xml(sources: str, *, before: str = USERS + CODES, after: str = "", origin: str = "Other 1") -> str:
    return (
        f'<Project xmlns="urn:QDA-XML:project:1.0" name="p" origin="{origin}">{before}<Sources>{sources}</Sources>{after}'
        "</Project>"
    )


def selection(start: object, end: object, *codes: str, name: str = "", user: str = ANN, inside: str = "") -> str:
    codings = "".join(
        f'<Coding guid="{GUID(90)}" creatingUser="{user}"><CodeRef targetGUID="{code}"/></Coding>' for code in codes
    )
    return (
        f'<PlainTextSelection guid="{GUID(80)}" name="{name}" startPosition="{start}" endPosition="{end}" '
        f'creatingUser="{user}">{inside}{codings}</PlainTextSelection>'
    )


def source(*selections: str, path: str = "internal://a.txt", more: str = "", name: str = "a") -> str:
    return (
        f'<TextSource guid="{GUID(70)}" name="{name}" plainTextPath="{path}">{"".join(selections)}{more}</TextSource>'
    )


def coded(project: Project) -> list[tuple[str, str | None, str]]:
    """Each coding's words, code and coder."""
    names = {code.code_id: code.name for code in project.codes}
    return [(project.text_of(c), names.get(c.code_id or ""), c.coder) for c in project.codings]
