"""Types of partner in gold that the machine does not give: types of people's own, or slips of the pen."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.plural import listed
from pipeline.resources import config_folder
from pipeline.tables import RunTables
from pipeline.vocabulary import load_vocabulary


def types_of_people_only(given: Collection[str], found: Collection[str], tables: RunTables) -> list[str]:
    """A sentence on types that people gave and the machine does not; none where there are none.

    Args:
        given: types that people gave to mentions.
        found: those that the machine gave.
        tables: the run's; where it had no vocabulary of its own, the shipped one's types are the machine's too.
    """
    own_types = set(given) - set(found)
    if own_types and not tables.manifest.get("configuration", {}).get("partners", {}).get("vocabulary"):
        own_types -= set(load_vocabulary(config_folder() / "partners.yaml").types)
    if not own_types:
        return []
    shown = listed([repr(name) for name in sorted(own_types)])
    return [
        f"types of partner that people gave and the machine does not: {shown}. Each counts as a type of its own; if it is a slip "
        "of the pen, write it as other rows have it"
    ]
