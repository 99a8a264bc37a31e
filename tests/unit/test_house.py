"""The house keeps its own rules: who may import whom, no clock in the pure room, no machine named."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
FIXED_LAYOUT = {
    "streams",
    "agents",
    "dashboards",
    "tests",
    "pyproject.toml",
    "docker-compose.yml",
    "README.md",
}
FOR_TOOLS = {
    ".ci", ".dockerignore", ".github", ".gitignore", "CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile",
    "benchmarks", "deploy", "docs", "examples", "requirements.lock", "tools",
}  # fmt: skip
MAY_IMPORT_AGENTS = {"agents", "tests", "benchmarks"}
STREAMS_MAY_IMPORT = {"streams", "msgspec", "holidays"}
DASHBOARDS_MAY_IMPORT = {"dashboards", "streams", "grafana_foundation_sdk"}
# Where the outside comes in through the standard library.
WORLDLY = {
    "asyncio", "ctypes", "fileinput", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib",
    "random", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile",
    "threading", "time", "urllib", "uuid",
}  # fmt: skip
WORLDLY_CALLS = {"open", "print", "input"}
CLOCKS = {"now", "utcnow", "today"}
MAX_LINES = 250
# A longer file stands here with the reason why it is one room with one purpose.
LONGER_FILES: dict[str, str] = {}


@cache
def tracked() -> tuple[Path, ...]:
    """Every tracked file that is in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def python_files(*rooms: str) -> list[Path]:
    """The tracked Python files of these top-level rooms, or of all."""
    return [path for path in tracked() if path.suffix == ".py" and (not rooms or path.parts[0] in rooms)]


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a tracked file."""
    return ast.parse((ROOT / path).read_text(), str(path))


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports; a relative import counts as its own room's."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=level):
                yield module if module and not level else path.parts[0]
            case _:
                pass


def strangers(room: str, allowed: set[str]) -> list[str]:
    """Imports of a room that are neither allowed nor the standard library's."""
    return [
        f"{path}: {name}"
        for path in python_files(room)
        for name in imported(path)
        if (top := name.split(".")[0]) not in allowed and top not in sys.stdlib_module_names
    ]


def test_the_top_level_holds_the_fixed_rooms_and_what_tools_want() -> None:
    """A new top-level name is a decision: it is listed here or it does not come in."""
    names = {path.parts[0] for path in tracked()}
    assert names - FIXED_LAYOUT - FOR_TOOLS == set()
    assert {"streams", "agents", "dashboards", "tests", "pyproject.toml", "README.md"} <= names


def test_streams_import_only_the_standard_library_msgspec_and_holidays() -> None:
    """What flows and what it means depends on no framework."""
    assert strangers("streams", STREAMS_MAY_IMPORT) == []


def test_dashboards_import_only_streams_and_the_board_builder() -> None:
    """Boards, rules and runbook follow from the catalogues alone."""
    assert strangers("dashboards", DASHBOARDS_MAY_IMPORT) == []


def test_nothing_imports_agents() -> None:
    """The room that touches the world stands at the edge: only tests and benchmarks may look into it."""
    guests = [path for path in python_files() if path.parts[0] not in MAY_IMPORT_AGENTS]
    assert [
        str(path) for path in guests if any(name.split(".")[0] == "agents" for name in imported(path))
    ] == []


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    """The batch truth of the tests imports neither streams nor agents nor dashboards."""
    judged = {"streams", "agents", "dashboards"}
    oracle = [path for path in python_files("tests") if path.parts[1].startswith("oracle")]
    assert [
        f"{path}: {name}" for path in oracle for name in imported(path) if name.split(".")[0] in judged
    ] == []


def worldly(node: ast.AST) -> str | None:
    """What a node of the pure room would do to or learn from the world, if anything."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in WORLDLY_CALLS:
            return f"{name}()"
        case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
            return f".{name}()"
        case _:
            return None


def test_streams_have_no_clock_no_files_and_no_chance() -> None:
    """Time, randomness and input are arguments; packaged data come through importlib.resources."""
    imports = [(path, name) for path in python_files("streams") for name in imported(path)]
    assert [f"{path}: {name}" for path, name in imports if name.split(".")[0] in WORLDLY] == []
    nodes = [(path, node) for path in python_files("streams") for node in ast.walk(tree(path))]
    told = [f"{path}:{getattr(node, 'lineno', 0)} {what}" for path, node in nodes if (what := worldly(node))]
    assert told == []


MACHINE_PATH = re.compile(r"(?<![\w.\-/}])/(?:work|farm|root|home|tmp)/[A-Za-z.]")
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang\.org|deb\.debian\.org"
    r"|repo1?\.maven\.org|repo\.maven\.apache\.org"
)


@pytest.mark.parametrize("unwanted", [MACHINE_PATH, REGISTRY_HOST], ids=["machine path", "registry host"])
def test_no_tracked_file_tells_of_one_machine(unwanted: re.Pattern[str]) -> None:
    """The project installs from whatever registries and into whatever folders a person has."""
    found = []
    for path in tracked():
        text = (ROOT / path).read_bytes().decode(errors="replace")
        found += [f"{path}: {match[0]}" for match in unwanted.finditer(text)]
    assert found == []


def test_every_test_states_its_promise() -> None:
    """A test without a docstring tells nobody what broke."""
    silent = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_files_are_short_enough_to_be_read_in_one_sitting() -> None:
    """At most 250 lines a file outside tests; an exception is listed with its reason."""
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in python_files()}
    longer = {
        path: lines for path, lines in lengths.items() if lines > MAX_LINES and not path.startswith("tests/")
    }
    assert {path: lines for path, lines in longer.items() if path not in LONGER_FILES} == {}
    assert set(LONGER_FILES) <= set(lengths), "an exception for a file that is gone"


def test_the_lock_answers_pyproject() -> None:
    """Every requirement, optional ones too, is locked to one hashed version that satisfies it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^([a-z0-9][\w.\-]*)==(\S+)(?: ;.*?)? \\\n    --hash=sha256:", lock, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z]", lock, re.MULTILINE)), (
        "a line of the lock is not pinned by hash"
    )
    versions = {canonicalize_name(name): version for name, version in pinned}
    asked = [Requirement(text) for text in project["dependencies"]]
    asked += [Requirement(text) for extra in project["optional-dependencies"].values() for text in extra]
    unmet = [
        f"{wish} is locked to {versions.get(canonicalize_name(wish.name))}"
        for wish in asked
        if not wish.specifier.contains(versions.get(canonicalize_name(wish.name), "0"), prereleases=True)
    ]
    assert unmet == [], "run `make lock`"
