"""Whether a text is what a glob describes."""


def glob_matches(glob, text):
    """Whether the whole of `text` is described by `glob`; case counts.

    `*` is any run of characters, `?` one character, `[abc]`, `[a-z]` and `[!abc]` one of a set or
    one outside it; an unclosed `[` is itself. A `]` that comes first in a set belongs to it.
    """
    if glob == "":
        return text == ""
    if glob[0] == "*":
        return any(glob_matches(glob[1:], text[start:]) for start in range(len(text) + 1))
    if text == "":
        return False
    if glob[0] == "?":
        return glob_matches(glob[1:], text[1:])
    if glob[0] == "[":
        first = 2 if glob[1:2] == "!" else 1
        end = glob.find("]", first + 1)
        if end != -1:
            inside = _in_set(glob[first:end], text[0])
            wanted = first == 1
            return inside == wanted and glob_matches(glob[end + 1 :], text[1:])
    return glob[0] == text[0] and glob_matches(glob[1:], text[1:])


def _in_set(members, letter):
    if members == "":
        return False
    if len(members) >= 3 and members[1] == "-":
        return members[0] <= letter <= members[2] or _in_set(members[3:], letter)
    return members[0] == letter or _in_set(members[1:], letter)
