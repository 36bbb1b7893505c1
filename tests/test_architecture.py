"""What the layout promises: imports go one way, in no circle, and no file knows the machine it was written on."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "pipeline")


def sources():
    """Module name to file, for both packages and the scripts."""
    files = [file for package in (*PACKAGES, "scripts") for file in sorted((ROOT / package).rglob("*.py"))]
    names = {}
    for file in files:
        parts = file.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return names


MODULES = sources()


def statements(body, *, lazy):
    """Import statements; those within functions only where `lazy`, those for type checkers never."""
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if lazy:
                yield from statements(node.body, lazy=lazy)
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            for part in ("body", "orelse", "finalbody", "handlers"):
                yield from statements(getattr(node, part, []), lazy=lazy)


def imports(name, *, lazy=True):
    """The project's modules that a module imports."""
    found = set()
    for node in statements(ast.parse(MODULES[name].read_text(encoding="utf-8")).body, lazy=lazy):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        assert node.level == 0, f"{name}: relative import"
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            found.add(inner if inner in MODULES else node.module)
    return {module for module in found if module in MODULES}


def reach(name):
    """All modules that are loaded with a module, directly or not, functions' own imports included."""
    seen, open_ = set(), [name]
    while open_:
        for module in imports(open_.pop()):
            if module not in seen:
                seen.add(module)
                open_.append(module)
    return seen


def test_the_walk_sees_imports():
    assert "models.predict" in imports("pipeline.coding")
    coding = "pipeline.arguments.coding"
    assert "pipeline.commands.run" in imports(coding) - imports(coding, lazy=False)
    assert "models.inputs" in reach("pipeline.coding")


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[0] == "models"])
def test_models_know_nothing_of_the_pipeline(name):
    assert {module for module in reach(name) if not module.startswith("models")} == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[0] == "pipeline"])
def test_packages_never_import_scripts(name):
    assert {module for module in reach(name) if module.startswith("scripts")} == set()


STAGES = {"pipeline.segment", "pipeline.partners", "pipeline.coding"}
EARLY = [name for name in MODULES if name in STAGES or name.startswith("pipeline.ingest")]
LATE = re.compile(r"pipeline\.(run|report|evaluate|cli|arguments|commands|store|summary|tables)\b")


@pytest.mark.parametrize("name", EARLY)
def test_no_stage_reaches_on_to_a_later_one(name):
    assert {module for module in reach(name) if LATE.match(module)} == set()


def test_prediction_needs_no_training():
    assert "models.training" not in reach("models.predict") | reach("pipeline.run")


def test_no_circles():
    done, path = set(), []

    def visit(name):
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name not in done:
            path.append(name)
            for module in sorted(imports(name, lazy=False)):
                visit(module)
            done.add(path.pop())

    for name in MODULES:
        visit(name)
    assert done == set(MODULES)


WRITTEN = {".py", ".toml", ".yaml", ".yml", ".md", ".txt", ".cfg", ".sh", ".j2", ".json", ""}
PLACES = "home|Users|root|work|opt|mnt|srv|tmp|var|data"
MACHINE = re.compile(rf"(?<![\w.:/)\]}}>*-])/(?:{PLACES})/\w|\b[A-Z]:\\\w")
SKIPPED = {".git", ".venv", "shipped", "interviews", "gold", "__pycache__", "node_modules", "demo-run", "build", "dist"}


def written():
    for entry in sorted(ROOT.iterdir()):
        if entry.name in SKIPPED or (entry.name.startswith(".") and entry.name not in (".ci", ".gitignore", ".github")):
            continue
        for file in [entry] if entry.is_file() else sorted(entry.rglob("*")):
            if file.is_file() and file.suffix in WRITTEN and not SKIPPED & set(file.relative_to(ROOT).parts):
                yield file


def test_no_file_names_a_place_on_somebodys_machine():
    files = list(written())
    assert ROOT / "pyproject.toml" in files and Path(__file__) in files
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []
