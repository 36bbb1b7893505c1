"""What the exchange tests share: real files beside the checkout, the standard's schema, and projects made by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from lxml import etree

from pipeline.exchange.project import Project
from pipeline.exchange.refi.project_file import read

REPO = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def formats() -> Path:
    """The folder of real files in many formats."""
    for parent in REPO.parents:
        folder = parent / "shared" / "data" / "formats"
        if folder.is_dir():
            return folder
    pytest.skip("the real files are not beside this checkout")


@pytest.fixture(scope="session")
def schema(formats: Path) -> etree.XMLSchema:
    """The standard's own schema of a project."""
    return etree.XMLSchema(etree.parse(formats / "refi-qda" / "schema.xsd"))


Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a `.qdpx` of this XML and these files."""

    def write(xml: str | bytes, files: Mapping[str, str | bytes] | None = None, name: str = "project.qdpx") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("project.qde", xml)
            for inside, content in (files or {}).items():
                archive.writestr(inside, content)
        return path

    return write


@pytest.fixture
def project(make: Make) -> Callable[..., Project]:
    """The project that is read of this XML and these files."""
    return lambda *arguments, **options: read(make(*arguments, **options))


@pytest.fixture
def themes(themes):
    """As everywhere, but what was printed comes without its line breaks."""

    def call(*arguments):
        status, out, err = themes(*arguments)
        return status, " ".join(out.split()), " ".join(err.split())

    return call
