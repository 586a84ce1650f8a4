import pytest

from routing.problem import Problem, Severity, quote


def test_a_problem_is_one_line_with_place_and_hint():
    """A problem reads FILE:LINE:COLUMN: severity: message; hint."""
    problem = Problem(Severity.ERROR, 4, 15, "unknown key `a`", "did you mean `b`?")
    assert problem.render("f.yaml") == "f.yaml:4:15: error: unknown key `a`; did you mean `b`?"


def test_a_problem_of_the_whole_file_has_no_line():
    """Where the file itself is the problem, no line is named."""
    assert Problem(Severity.WARNING, 0, 0, "empty").render("f.yaml") == "f.yaml: warning: empty"


def test_a_problem_is_one_printable_line_whatever_it_quotes():
    """What a table holds forges no line, and reaches no terminal as it is."""
    problem = Problem(Severity.ERROR, 1, 2, "a\nb", "\x1b[31m\u2028\ud800")
    assert problem.render("f\r.yaml") == ("f\\r.yaml:1:2: error: a\\nb; \\x1b[31m\\u2028\\ud800")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("routes", "`routes`"),
        ("ｈｕｂ é", "`ｈｕｂ é`"),
        ("hub:slate", "`hub:slate`"),
        ("a\nb\x1b[31m\u202e", "`a\\nb\\x1b[31m\\u202e`"),
        ("x" * 200, f"`{'x' * 80}…`"),
        ("api_key:canary-1", "`api_key:…`"),
        ("api_key = canary-1", "`api_key =…`"),
        ("Password=canary:1", "`Password=…`"),
        ("x-token:canary=1", "`x-token:…`"),
    ],
)
def test_names_are_quoted_short_printable_and_without_keys(text, shown):
    """A quoted name is one short line, harmless to a terminal, cut where a key would begin."""
    assert quote(text) == shown
