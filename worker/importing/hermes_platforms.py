"""The platforms of hermes-agent: home channels, channel overrides, and routes to profiles."""

from collections.abc import Iterator

from routing.node import Entry, MappingNode, TextNode
from worker.importing.copier import Copier
from worker.importing.draft import Draft, platform_name
from worker.importing.given import Candidate
from worker.importing.hermes_rules import HermesRules
from worker.importing.source_block import SourceBlock, is_true, shown_name
from worker.importing.yaml_text import Document, Plain, Value

# Sections at the top of the file, or under `gateway:`, that are about one platform.
_KNOWN = frozenset(
    (
        "telegram discord whatsapp whatsapp_cloud slack signal mattermost matrix homeassistant"
        " email sms dingtalk api_server webhook msgraph_webhook feishu wecom wecom_callback weixin"
        " bluebubbles qqbot yuanbao relay irc line teams google_chat simplex"
    ).split()
)
# Their ids can be forged, so nobody is an owner there.
_SPOOFABLE = frozenset({"webhook", "api_server", "msgraph_webhook"})
_PROFILE_FACTS = {"guild_id": "scope_id", "chat_id": "chat_id", "thread_id": "thread_id"}
_HEAVIER = {"guild_id": 2, "chat_id": 4, "thread_id": 8}


class HermesPlatforms:
    """Reads who is who, and which chats have a model of their own, into a draft."""

    def __init__(self, draft: Draft, rules: HermesRules, copier: Copier) -> None:
        self._draft = draft
        self._rules = rules
        self._copier = copier

    def read(self, top: SourceBlock) -> None:
        """Read `platforms`, `gateway.platforms`, and the sections named after a platform."""
        gateway = top.block("gateway")
        for key, block, whole in _sections(top, gateway):
            name = platform_name(key.text)
            if name is None:
                self._draft.notes.dropped(key, f"`{block.path}`: that is no name of a platform")
            elif is_true(block.text("enabled")) is False:
                self._draft.notes.dropped(key, f"`{block.path}` is not enabled")
            elif not whole and block.block("channel_overrides") is None:
                self._draft.notes.dropped(key, f"`{block.path}` has no place in a table")
            else:
                self._platform(name, key, block, whole=whole)
        self._profile_routes(top, gateway)
        if gateway is not None:
            self._draft.tell_rest(gateway)

    def _platform(self, name: str, key: TextNode, block: SourceBlock, *, whole: bool) -> None:
        if not self._draft.declare(name, key, block.path):
            return
        block.skip("enabled")
        if name == "api_server":
            self._rules.model_routes(block)
        if whole:
            self._home(name, key, block)
        overrides = block.block("channel_overrides")
        if overrides is not None:
            if self._draft.forget_channels(name):
                message = (
                    f"`{overrides.path}` replaces those above: nothing is merged, there as here"
                )
                self._draft.notes.dropped(overrides.place, message)
            for entry in overrides.node.entries:
                self._channel(name, entry, overrides.where(entry.key.text))
        rest = ", ".join(f"`{shown_name(entry.key.text)}`" for entry in block.rest())
        if rest:
            self._draft.notes.dropped(key, f"`{block.path}`: no place in a table for {rest}")

    def _home(self, name: str, key: TextNode, block: SourceBlock) -> None:
        path = block.where("home_channel")
        lone, home = block.text("home_channel"), block.block("home_channel")
        channel: Document = {}
        for field in ("chat_id", "thread_id"):
            node = None if home is None else home.text(field)
            text = None if node is None else self._copier.text(node, f"{path}.{field}")
            if text is not None:
                channel[field] = text
        if lone is not None and (text := self._copier.text(lone, path)) is not None:
            channel["chat_id"] = text
            message = (
                f"`{path}` is a lone id: hermes-agent takes a mapping; here its DM is an owner's"
            )
            self._draft.notes.changed(lone, message)
        if "chat_id" not in channel and name not in _SPOOFABLE:
            message = (
                f"`{block.path}` has no `home_channel` with a chat here, so nobody is its owner"
            )
            hint = "it may stand in the environment, as NAME_HOME_CHANNEL"
            self._draft.notes.unknown(key, f"{message}: {hint}")
        if "chat_id" not in channel:
            return
        value: Value = channel["chat_id"] if len(channel) == 1 else channel
        if self._draft.add_home(name, value, key, path):
            self._draft.notes.kept(key, f"`{path}`: a DM there is from the owner")
            given: Document = {"platform": name, "chat_type": "dm", **channel}
            owner = "owner" if name not in _SPOOFABLE else "stranger"
            self._draft.candidates.append(Candidate(path, given, {"source_kind": owner}))

    def _channel(self, platform: str, entry: Entry, path: str) -> None:
        fields = self._channel_fields(platform, entry, path)
        if fields is None:
            message = f"`{path}` states no model and no provider: no rule"
            self._draft.notes.dropped(entry.key, message)
            return
        model = fields.get("model")
        value: Value = model if fields.keys() == {"model"} and model is not None else fields
        chat = entry.key.text
        route = self._draft.add_channel(platform, chat, value, entry.key, path)
        if route is not None:
            self._draft.expect({"platform": platform, "chat_id": chat}, route, fields)
            self._draft.notes.kept(entry.key, f"`{path}` is a rule: chat, thread or parent chat")

    def _channel_fields(self, platform: str, entry: Entry, path: str) -> Document | None:
        if isinstance(entry.value, TextNode) and entry.value.text and not entry.value.is_null:
            model = self._copier.text(entry.value, path)
            message = f"`{path}` is a lone model: hermes-agent takes a mapping only; here it counts"
            self._draft.notes.changed(entry.key, message)
            return None if model is None else {"model": model}
        if not isinstance(entry.value, MappingNode):
            return None
        block = SourceBlock(entry.value, path)
        fields = self._rules.started_anew(block, f"{platform}-{shown_name(entry.key.text)}")
        self._draft.tell_rest(block)
        return fields or None

    def _profile_routes(self, top: SourceBlock, gateway: SourceBlock | None) -> None:
        """Read routes to profiles: rules that wait for what the profile's own file says."""
        holder = top if top.has("profile_routes") or gateway is None else gateway
        items = holder.items("profile_routes")
        flags = [each.text("multiplex_profiles") for each in (gateway, top) if each is not None]
        if items and not any(is_true(flag) for flag in flags):
            message = "`profile_routes` are not used without `multiplex_profiles: true`"
            self._draft.notes.dropped(holder.entry("profile_routes").key, message)
            return
        blocks = [
            SourceBlock(item, f"{holder.where('profile_routes')}[{at}]")
            for at, item in enumerate(items)
            if isinstance(item, MappingNode)
        ]
        for route in sorted(blocks, key=_weight, reverse=True):
            self._profile_route(route)

    def _profile_route(self, block: SourceBlock) -> None:
        platform, profile = block.text("platform"), block.text("profile")
        name = None if platform is None else platform_name(platform.text)
        title = None if profile is None else self._copier.text(profile, block.where("profile"))
        bot = any(block.has(key) for key in ("bot", "bot_id", "bot_username"))
        if name is None or title is None or bot or is_true(block.text("enabled")) is False:
            message = f"`{block.path}` is off, has no platform or profile, or asks for a bot"
            self._draft.notes.dropped(block.place, message)
            return
        match: Document = {"platform": name}
        for theirs, ours in _PROFILE_FACTS.items():
            node = block.text(theirs)
            if node is not None and (text := self._copier.text(node, block.where(theirs))):
                match[ours] = text
        for each in _with_parent(match):
            rule: Document = {
                "name": f"profile {title}",
                "note": f"here belongs what the model block of profile {title} says",
                "match": each,
                "enabled": Plain("false"),
            }
            self._draft.add_route(rule, block.place, block.path)
        message = f"`{block.path}` is a rule that is not enabled: the model of a profile stands in"
        self._draft.notes.unknown(block.place, f"{message} its own config.yaml; write it in")


def _with_parent(match: Document) -> list[Document]:
    """Return the match, and the one for threads of its chat."""
    if "chat_id" not in match:
        return [match]
    in_thread = {("parent_chat_id" if key == "chat_id" else key): match[key] for key in match}
    return [match, in_thread]


def _weight(block: SourceBlock) -> int:
    return sum(weight for key, weight in _HEAVIER.items() if block.has(key))


def _sections(
    top: SourceBlock, gateway: SourceBlock | None
) -> Iterator[tuple[TextNode, SourceBlock, bool]]:
    """Yield the key and the block of every section about a platform.

    The flag says whether all of it counts: of a section at the top only its overrides do.
    """
    holders = [(top, False)] if gateway is None else [(gateway, True), (top, False)]
    for holder, _ in holders:
        section = holder.block("platforms")
        for entry, block in section.blocks() if section is not None else ():
            yield entry.key, block, True
    for holder, whole in holders:
        for entry in holder.node.entries:
            named = holder.block(entry.key.text) if entry.key.text in _KNOWN else None
            if named is not None:
                yield entry.key, named, whole
