"""The `match` of a rule at random: every form of condition, every operator."""

from decimal import Decimal

from tests.routing.reference_router.random_words import DAYS, HOURS, NUMERIC, OFTEN, WANTED, ZONES

# What no letter of a pattern may mean by itself.
SPECIAL = set("\\.^$*+?()[]{}|")


def random_match(rng):
    """One to three conditions."""
    size = rng.choice([1, 1, 1, 2, 2, 3])
    keys = [rng.choice(rng.choice([OFTEN, [*WANTED, "time"]])) for _ in range(size)]
    return {key: random_condition(rng, key) for key in keys}


def random_condition(rng, key):
    """A condition for the fact `key`: text, a list of texts, or a mapping of operators."""
    if key == "time":
        return random_time(rng)
    form = rng.random()
    if form < 0.35:
        return rng.choice(WANTED[key])
    if form < 0.5:
        return random_texts(rng, WANTED[key])
    condition = {}
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        operator = rng.choice(["not", "exists", *_plain_operators(key)])
        condition[operator] = random_operand(rng, key, operator)
    return condition


def random_operand(rng, key, operator):
    """What follows the operator."""
    if operator == "exists":
        return rng.random() < 0.5
    if operator == "not":
        form = rng.random()
        if form < 0.4:
            return rng.choice(WANTED[key])
        if form < 0.6:
            return random_texts(rng, WANTED[key])
        operators = rng.sample(_plain_operators(key), rng.choice([1, 1, 2]))
        return {inner: random_operand(rng, key, inner) for inner in operators}
    if operator in {"gt", "gte", "lt", "lte"}:
        return rng.choice([0, 1, 2, 10, 11, -3, Decimal("1.0"), Decimal("2.5"), Decimal("-0.5")])
    if operator == "in":
        if rng.random() < 0.3:
            return rng.choice(WANTED[key])
        return random_texts(rng, WANTED[key])
    make = {"prefix": _prefix, "suffix": _suffix, "glob": random_glob, "regex": random_regex}
    words = [make[operator](rng, rng.choice(WANTED[key])) for _ in range(rng.choice([1, 1, 2]))]
    return words[0] if len(words) == 1 and rng.random() < 0.7 else words


def random_texts(rng, words):
    """One to three of the words, sometimes one of them twice."""
    return [rng.choice(words) for _ in range(rng.choice([1, 2, 2, 3]))]


def random_glob(rng, word):
    """A glob that describes the word, or nearly."""
    if rng.random() < 0.1:
        return rng.choice(
            ["*", "?", "??*", "[", "[a", "[!0-9]*", "[0-9]*", "*[!a]", "a[b", "[-a]*"]
        )
    made = "".join(_glob_letter(rng, letter) for letter in word)
    return rng.choice([made, made, made + "*", "*" + made[-2:]])


def _glob_letter(rng, letter):
    sort = rng.random()
    if sort < 0.1:
        return "?"
    if sort < 0.2:
        return "*"
    if sort < 0.3 and letter.isalnum() and letter.isascii():
        nearby = f"{letter}-{chr(ord(letter) + 1)}"
        return rng.choice(
            [f"[{letter}]", f"[{nearby}]", f"[!{letter}]", f"[0{letter}]", f"[!{nearby}]"]
        )
    return letter


def random_regex(rng, word):
    """A pattern that describes the word, or nearly; RE2 and Python agree on it."""
    if rng.random() < 0.15:
        return rng.choice(
            [
                ".*",
                r"\d+",
                r"-?\d{1,3}",
                r"\w+",
                "[a-z]+",
                "[^a-z]+",
                "a|ab",
                "(a|b).*",
                "(?:a|ab)b?",
            ]
        )
    made = "".join(_regex_letter(rng, letter) for letter in word)
    return rng.choice([made, made, made + ".*", f"{made}|hub", f"({made})?", f"^{made}$"])


def _regex_letter(rng, letter):
    sort = rng.random()
    if sort < 0.1:
        return "."
    if sort < 0.15:
        return ".*"
    if sort < 0.25 and letter.isalnum():
        return rng.choice(
            [f"[{letter}]", f"[^{letter}]", f"{letter}+", f"{letter}?", f"[{letter}0]"]
        )
    return f"\\{letter}" if letter in SPECIAL else letter


def random_time(rng):
    """A `time` condition with days, hours or both."""
    condition = {}
    stated = rng.choice(["days", "hours", "days hours"])
    if "days" in stated:
        condition["days"] = _one_or_more(rng, DAYS)
    if "hours" in stated:
        condition["hours"] = _one_or_more(rng, HOURS)
    if rng.random() < 0.7:
        condition["timezone"] = rng.choice(ZONES)
    return condition


def _one_or_more(rng, words):
    return rng.choice(words) if rng.random() < 0.6 else random_texts(rng, words)


def _plain_operators(key):
    operators = ["in", "prefix", "suffix", "glob", "regex"]
    return [*operators, "gt", "gte", "lt", "lte"] if key in NUMERIC else operators


def _prefix(rng, word):
    return word[: rng.randint(1, len(word))]


def _suffix(rng, word):
    return word[rng.randint(0, len(word) - 1) :]
