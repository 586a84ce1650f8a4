"""Whether a rule's `match` holds for a message."""

import re
from decimal import Decimal

from tests.routing.reference_router.reference_facts import fact
from tests.routing.reference_router.reference_glob import glob_matches
from tests.routing.reference_router.reference_platform import platform_name
from tests.routing.reference_router.reference_time import time_matches

NUMBER = r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?"


def matches(match, document, facts):
    """Whether every key of `match` holds."""
    return all(_key_holds(key, condition, document, facts) for key, condition in match.items())


def _key_holds(key, condition, document, facts):
    if key == "time":
        return time_matches(condition, facts["now"])
    value = fact(key, document, facts)
    if not isinstance(condition, dict):
        condition = {"in": condition}
    return all(
        _operator_holds(key, operator, operand, value, facts)
        for operator, operand in condition.items()
    )


def _operator_holds(key, operator, operand, value, facts):
    if operator == "exists":
        return (value is not None) == operand
    if operator == "not":
        inner = operand if isinstance(operand, dict) else {"in": operand}
        return not all(_operator_holds(key, *each, value, facts) for each in inner.items())
    if value is None:
        return False
    if operator in {"gt", "gte", "lt", "lte"}:
        return _compares(operator, value, operand)
    wanted = operand if isinstance(operand, list) else [operand]
    if operator == "in" and key == "platform":
        return any(_is_platform(facts["platform"], name) for name in wanted)
    return any(_text_holds(operator, value, str(text)) for text in wanted)


def _text_holds(operator, value, text):
    if operator == "in":
        return value == text
    if operator == "prefix":
        return value.startswith(text)
    if operator == "suffix":
        return value.endswith(text)
    if operator == "glob":
        return glob_matches(text, value)
    assert operator == "regex", operator
    # RE2 knows only the ASCII letters in `\d`, `\w` and `\s`.
    return re.fullmatch(text, value, re.ASCII) is not None


def _compares(operator, value, operand):
    if not re.fullmatch(NUMBER, value):
        return False
    number, limit = Decimal(value), Decimal(str(operand))
    if operator == "gt":
        return number > limit
    if operator == "gte":
        return number >= limit
    if operator == "lt":
        return number < limit
    return number <= limit


def _is_platform(origin, wanted):
    # A name without an instance is any instance of that platform.
    platform, instance = platform_name(origin)
    wanted_platform, wanted_instance = platform_name(wanted)
    return platform == wanted_platform and wanted_instance in {None, instance}
