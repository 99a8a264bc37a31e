"""The Dockerfile without a Docker engine: small, locked, not root, with all that a worker needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agents.cli import TARGETS

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


@dataclass
class Stage:
    """What follows one FROM, as (instruction, rest) without comments and with joined lines."""

    base: str
    name: str = ""
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [rest for each, rest in self.instructions if each == instruction]


def stages() -> list[Stage]:
    lines = [line for line in DOCKERFILE.splitlines() if not line.lstrip().startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        else:
            found[-1].instructions.append((instruction, rest.strip()))
    return found


def pins(lock: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """By package: its line and its hashes."""
    found, last = {}, ""
    for line in lock.read_text("utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            last = line.removesuffix(" \\")
            found[re.split(r"[= ]", last)[0]] = (last, frozenset[str]())
        elif hashed := re.search(r"--hash=(\S+)", line):
            name = re.split(r"[= ]", last)[0]
            found[name] = (last, found[name][1] | {hashed[1]})
    return found


def context(folder: Path) -> None:
    """Copy what .dockerignore lets through: it names what is sent, everything else is not."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "everything is left out unless it is named"
    for name in (rule[1:] for rule in rules if rule.startswith("!")):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def test_the_image_is_built_in_one_stage_and_runs_in_another() -> None:
    """Both from the same exact version of Python; the last one takes over the environment alone."""
    build, image = stages()
    assert build.base == image.base
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", image.base)
    assert build.name == "build"
    assert not image.all("RUN")
    assert image.all("COPY") == ["--from=build /opt/voronka /opt/voronka"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    """A number for a user, so that a cluster can see that it is not root; commands without a shell."""
    image = stages()[-1]
    assert image.all("USER") == ["10001:10001"]
    assert [name for name, _ in image.instructions].index("USER") > 0
    for instruction in ("ENTRYPOINT", "CMD"):
        (told,) = image.all(instruction)
        assert isinstance(json.loads(told), list)
    assert json.loads(image.all("ENTRYPOINT")[0]) == ["voronka"]
    assert json.loads(image.all("CMD")[0])[0] in TARGETS
    (check,) = image.all("HEALTHCHECK")
    assert isinstance(json.loads(check.partition("CMD ")[2]), list)


def test_the_dockerfile_follows_the_usual_rules() -> None:
    """No ADD, no package manager of the system, absolute folders, no cache left behind, no secret."""
    for stage in stages():
        known = {
            "ENV",
            "COPY",
            "RUN",
            "USER",
            "WORKDIR",
            "EXPOSE",
            "HEALTHCHECK",
            "ENTRYPOINT",
            "CMD",
            "LABEL",
        }
        assert {name for name, _ in stage.instructions} <= known
        assert all(folder.startswith("/") for folder in stage.all("WORKDIR"))
        assert not re.search("PASSWORD|TOKEN|SECRET", " ".join(stage.all("ENV")))
        for command in stage.all("RUN"):
            assert not re.search(r"\b(apt|apt-get|curl|wget|sudo|cd)\b", command)
            assert "pip" not in command or "--no-cache-dir" in command
    assert max(map(len, DOCKERFILE.splitlines())) <= 120


def test_what_is_installed_is_locked_by_hashes_and_tested_here() -> None:
    """The image's packages are those of a worker and its builder, in the versions that the tests ran with."""
    installs = [
        install for run in stages()[0].all("RUN") for install in run.split("&&") if "pip --python" in install
    ]
    locked, ours = installs
    assert "--require-hashes" in locked
    assert "requirements.lock" in locked
    assert "--no-deps" in ours
    assert "--no-build-isolation" in ours
    image, tested = pins(ROOT / "deploy/requirements.lock"), pins(ROOT / "requirements.lock")
    assert all(hashes for _, hashes in image.values())
    assert {name: pin for name, pin in tested.items() if name in image} == image
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["image"]]
    assert {canonicalize_name(Requirement(each).name) for each in wanted} <= set(image)
    tools = {canonicalize_name(Requirement(each).name) for each in ("mypy", "pytest", "ruff", "selenium")}
    assert not tools & set(image)


def test_the_package_of_the_image_has_all_that_a_worker_reads(tmp_path: Path) -> None:
    """Built from what is sent to the builder, it holds every tracked file of its rooms."""
    context(tmp_path / "context")
    for rest in stages()[0].all("COPY"):
        *sources, _target = rest.split()
        assert all((tmp_path / "context" / source).exists() for source in sources), rest
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheel")]
    subprocess.run(argv, cwd=tmp_path / "context", check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").glob("voronka-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "streams", "agents", "dashboards"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name for name in listed.stdout.split() if (ROOT / name).is_file()} <= held
