"""The guard against swallowed errors is itself able to fail a test, and only the right one."""

import pytest

PLUGIN = "from tests.swallowed import no_swallowed_errors"


def run(pytester: pytest.Pytester, body: str) -> pytest.RunResult:
    """Run one test with this body under the guard."""
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(f"import logging, pytest\n{body}")
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")


@pytest.mark.expects_error_log("lost it")
def test_an_error_that_our_code_logged_fails_the_test(pytester: pytest.Pytester) -> None:
    """A test that passes while an agent logs an error did not pass."""
    done = run(pytester, "def test_quiet():\n    logging.getLogger('agents.lane').error('lost %s', 'it')")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*agents.lane: lost it*"])


@pytest.mark.expects_error_log("lost it")
def test_an_expected_error_passes(pytester: pytest.Pytester) -> None:
    """A test may say which error is part of its promise."""
    body = (
        "@pytest.mark.expects_error_log('lost')\n"
        "def test_it():\n"
        "    logging.getLogger('faust.app').error('lost it')"
    )
    run(pytester, body).assert_outcomes(passed=1)


def test_an_expected_error_that_never_came_fails(pytester: pytest.Pytester) -> None:
    """Saying that an error is expected is a promise too."""
    body = "@pytest.mark.expects_error_log('lost')\ndef test_it():\n    pass"
    run(pytester, body).assert_outcomes(passed=1, errors=1)


def test_other_peoples_errors_and_our_warnings_pass(pytester: pytest.Pytester) -> None:
    """Clients of a killed broker log errors of their own: that is no swallowed error of ours."""
    body = (
        "def test_it():\n"
        "    logging.getLogger('aiokafka').error('connection lost')\n"
        "    logging.getLogger('agents').warning('slow')"
    )
    run(pytester, body).assert_outcomes(passed=1)
