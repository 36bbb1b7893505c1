"""The HTML pages that the program writes: templates in which all text is escaped and nothing may be missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def template(package: str, name: str, filters: Mapping[str, Callable[..., Any]] | None = None) -> Template:
    """A template from the folder `templates` of a package.

    Args:
        filters: of the page's own, by name.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters or {}
    return environment.get_template(name)
