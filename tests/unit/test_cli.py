"""The command `voronka`: what it offers, and how it tells a person what to mend."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from agents.cli import TARGETS, main


def run(*arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code and everything that was said."""
    env = {f"VORONKA_{name}": text for name, text in variables.items()}
    result = CliRunner().invoke(main, arguments, env=env)
    return result.exit_code, result.output


def test_every_command_explains_itself() -> None:
    """The overview names all of them; each has a help of its own that starts with what it does."""
    _, overview = run("--help")
    for name, target in TARGETS.items():
        assert f"  {name} " in overview
        assert target.summary.split(",")[0] in overview
        code, text = run(name, "--help")
        assert code == 0
        assert f"Usage: main {name} " in text


def test_every_option_says_what_it_is_for() -> None:
    """No option without a help text."""
    context = click.Context(main)
    for name in TARGETS:
        command = main.get_command(context, name)
        assert command is not None
        parts = command.commands.values() if isinstance(command, click.Group) else (command,)
        options = [each for part in parts for each in part.params if isinstance(each, click.Option)]
        assert [option.opts for option in options if not option.help] == []


def test_the_overview_imports_no_command() -> None:
    """A typing error or a look at the help costs a blink."""
    script = (
        "import sys; from click.testing import CliRunner; from agents.cli import main;"
        "print(CliRunner().invoke(main, ['--help']).exit_code,"
        "[name for name in ('faust', 'kafka', 'rich', 'holidays') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"


def test_an_unknown_command_is_told() -> None:
    """With the way to the list."""
    code, text = run("wurker")
    assert code == 2
    assert "No such command 'wurker'" in text


@pytest.mark.parametrize("command", [("worker",), ("topics", "--check"), ("quarantine", "list")])
def test_a_wrong_setting_is_one_message_and_exit_code_2(command: tuple[str, ...]) -> None:
    """The variable and the fix, and no traceback."""
    code, text = run(*command, ZONE="Mars")
    assert code == 2
    assert text.startswith("voronka: wrong settings:")
    assert "VORONKA_ZONE: 'Mars' is no time zone; write an IANA name" in text
    assert "Traceback" not in text


def test_a_wrong_mapping_is_one_message_and_exit_code_2() -> None:
    """The same for what a replay is given."""
    code, text = run("replay", "x.csv", "--mapping", "nowhere")
    assert code == 2
    assert text.startswith("voronka: there is no mapping nowhere")


def test_the_version_is_told() -> None:
    """For reports of errors."""
    assert run("--version")[1].startswith("voronka 0.")
