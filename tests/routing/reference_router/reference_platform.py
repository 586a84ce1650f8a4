"""A platform's name, as messages and tables write it."""

import string


def platform_name(text):
    """Return (platform, instance or None): `hub:slate` is hub, slate; `local` is cli."""
    name = "".join(
        letter.lower() if letter in string.ascii_uppercase else letter
        for letter in text.strip(string.whitespace)
    )
    for place, letter in enumerate(name):
        if letter in ":/":
            platform, instance = name[:place], name[place + 1 :]
            break
    else:
        platform, instance = name, ""
    return ("cli" if platform == "local" else platform), (instance or None)
