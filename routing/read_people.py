"""Reads who is who: `platforms`, `owners`, `hub_platforms`, `spoofable_platforms`."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from contracts import PlatformName
from routing.home_channel import HomeChannel
from routing.node import Entry, ListNode, MappingNode, Node, Place, TextNode, is_empty
from routing.people import People
from routing.read_platform_name import read_platform_name
from routing.read_signing_keys import SigningKeysReader
from routing.reader import Reader

_HUBS = frozenset({"hub"})
_SPOOFABLE = frozenset({"webhook", "api_server", "msgraph_webhook"})
# The last is read with the other rules.
_PLATFORM_KEYS = ("home_channel", "publishers", "signing_keys", "isolated", "channel_overrides")
_VOUCHING = ("publishers", "signing_keys")
_YES = "true"
_YES_OR_NO = (_YES, "false")
_HOME_KEYS = ("chat_id", "thread_id", "name")


def read_people(top: Mapping[str, Entry], reader: Reader) -> People:
    """Read the four sections, with their defaults."""
    homes: dict[str, HomeChannel] = {}
    publishers: dict[str, frozenset[str]] = {}
    owners: dict[str, frozenset[str]] = {}
    isolated: dict[str, str] = {}
    signing = SigningKeysReader(reader)
    places: list[tuple[str, str, Place]] = []
    hollow: list[tuple[str, Entry]] = []
    for platform, entry, path in _per_platform(top, "platforms", reader):
        fields = reader.fields(_mapping(entry.value, path, reader), path, _PLATFORM_KEYS)
        if (home := fields.get("home_channel")) is not None:
            read = _read_home(home.value, f"{path}.home_channel", reader)
            if read is not None and homes.setdefault(platform, read) != read:
                message = f"`{path}`: `{platform}` has another `home_channel` already"
                reader.report.error(home.key, message, "it has one for all its instances")
            if read is not None:
                places.append((platform, "home_channel", _place(home)))
        if (listed := fields.get("publishers")) is not None:
            names = _users(listed.value, f"{path}.publishers", reader)
            _add(publishers, platform, names)
        if (alone := fields.get("isolated")) is not None:
            _read_isolated(alone, platform, path, isolated, reader)
        if (keys := fields.get("signing_keys")) is not None:
            signing.read(platform, keys.value, f"{path}.signing_keys")
        hollow += [(platform, each) for each in _hollow(fields)]
    _warn_of_nobody(hollow, {*publishers, *signing.keys}, reader)
    for platform, entry, path in _per_platform(top, "owners", reader):
        ids = _names(entry.value, path, reader)
        _add(owners, platform, ids)
        if ids:
            places.append((platform, "owners", _place(entry)))
    hubs = _platform_set(top, "hub_platforms", _HUBS, reader)
    reader.platforms.update(hubs)
    return People(
        hub_platforms=hubs,
        spoofable_platforms=_platform_set(top, "spoofable_platforms", _SPOOFABLE, reader),
        home_channels=homes,
        owners=owners,
        publishers=publishers,
        isolated_platforms=frozenset(name for name, word in isolated.items() if word == _YES),
        signing_keys=signing.keys,
        owner_places=tuple(places),
    )


def _per_platform(
    top: Mapping[str, Entry], section: str, reader: Reader
) -> Iterator[tuple[str, Entry, str]]:
    if section not in top:
        return
    for entry in reader.entries(top[section].value, section):
        name = read_platform_name(entry.key.text, entry.key, section, reader)
        if name is not None:
            reader.platforms.add(name.platform)
            _warn_of_instance(name, entry, section, reader)
            yield name.platform, entry, f"{section}.{entry.key.text}"


def _warn_of_instance(name: PlatformName, entry: Entry, section: str, reader: Reader) -> None:
    # Anybody who may publish for a platform may name any instance of it.
    if name.instance is not None and not is_empty(entry.value):
        reader.report.warning(
            entry.key,
            f"`{section}.{entry.key.text}` holds for every instance of `{name.platform}`",
            "nobody vouches for an instance; its exchange only says the platform",
        )


def _hollow(fields: Mapping[str, Entry]) -> Iterator[Entry]:
    """Yield each list of those who are believed that has nobody in it."""
    for entry in (fields[key] for key in _VOUCHING if key in fields):
        if is_empty(entry.value) or (
            isinstance(entry.value, MappingNode) and not entry.value.entries
        ):
            yield entry


def _warn_of_nobody(
    hollow: Iterable[tuple[str, Entry]], vouched_for: Collection[str], reader: Reader
) -> None:
    # Who takes the last one out of a list may mean that nobody is left, and gets the opposite.
    for platform, entry in hollow:
        if platform not in vouched_for:
            reader.report.warning(
                entry.key,
                f"`{entry.key.text}` of `{platform}` lists nobody, so whoever publishes there is"
                " believed",
                "leave it out if that is meant; a rule with `deny: true` keeps everybody out",
            )


def _mapping(node: Node, path: str, reader: Reader) -> Node:
    if isinstance(node, TextNode) and not is_empty(node):
        hint = "the model of a platform belongs under `model.platforms`"
        reader.wrong_type(node, path, "a mapping", hint)
        return ListNode((), node.line, node.column)
    return node


def _read_home(node: Node, path: str, reader: Reader) -> HomeChannel | None:
    if not isinstance(node, MappingNode):
        chat_id = reader.text(node, path)
        return None if chat_id is None else HomeChannel(chat_id)
    fields = reader.fields(node, path, _HOME_KEYS)
    texts = {key: reader.text(entry.value, f"{path}.{key}") for key, entry in fields.items()}
    if (chat_id := texts.get("chat_id")) is not None:
        return HomeChannel(chat_id, texts.get("thread_id"))
    if "chat_id" not in fields or is_empty(fields["chat_id"].value):
        reader.report.error(node, f"`{path}` has no `chat_id`")
    return None


def _read_isolated(
    entry: Entry, platform: str, path: str, known: dict[str, str], reader: Reader
) -> None:
    word = reader.choice(entry.value, f"{path}.isolated", _YES_OR_NO)
    if word is not None and known.setdefault(platform, word) != word:
        message = f"`{path}`: `{platform}` is `isolated: {known[platform]}` already"
        reader.report.error(entry.key, message, "it is so for all its instances")


def _names(node: Node, path: str, reader: Reader) -> frozenset[str]:
    names = set()
    for item, text in reader.texts(node, path) or ():
        if text:
            names.add(text)
        else:
            reader.report.error(item, f"`{path}` holds an empty text")
    return frozenset(names)


def _users(node: Node, path: str, reader: Reader) -> frozenset[str]:
    names = _names(node, path, reader)
    for name in sorted(names):
        if name.startswith("-") or not name.isprintable():
            hint = "a RabbitMQ user's name that its own commands take"
            reader.report.error(node, f"`{path}` holds {name!r}, which is no user's name", hint)
    return names


def _add(known: dict[str, frozenset[str]], platform: str, names: frozenset[str]) -> None:
    if names:
        known[platform] = known.get(platform, frozenset()) | names


def _platform_set(
    top: Mapping[str, Entry], section: str, default: frozenset[str], reader: Reader
) -> frozenset[str]:
    """Read a list of platforms. Null is the default; `[]` is none at all."""
    node = top[section].value if section in top else None
    if node is None or (isinstance(node, TextNode) and is_empty(node)):
        return default
    if isinstance(node, MappingNode) and not node.entries:
        return frozenset()
    platforms = set()
    for item, text in reader.texts(node, section) or ():
        name = read_platform_name(text, item, section, reader)
        if name is not None:
            platforms.add(name.platform)
    return frozenset(platforms)


def _place(entry: Entry) -> Place:
    return Place(entry.key.line, entry.key.column)
