"""Which conversation a message belongs to: its lane."""

from contracts import InboundMessage, PlatformName, Source
from routing.table import RoutingTable


def conversation_key(message: InboundMessage, platform: PlatformName, table: RoutingTable) -> str:
    """Return the key of the conversation, such as `telegram/type=group/chat=42/user=7`.

    Platform, profile and agent come first, so that no message can name another platform's
    conversation; then the conversation id if one is given, else what the gateways build their
    session keys from. Different conversations never share a key. An empty id is an absent one. A
    key is for comparing and for people to read; nothing ever parses it.
    """
    source = message.source or Source()
    parts = {"profile": source.profile, "agent": message.agent_id}
    if message.conversation_id:
        parts["conversation"] = message.conversation_id
    else:
        parts.update(_chat(source, shared_groups=table.shared_groups))
    labelled = (f"/{label}={_escape(text)}" for label, text in parts.items() if text)
    return _escape(str(platform)) + "".join(labelled)


def _chat(source: Source, *, shared_groups: bool) -> dict[str, str | None]:
    chat = {"type": source.chat_type, "chat": source.chat_id, "thread": source.thread_id}
    if source.chat_type == "dm":
        suffices = bool(source.chat_id)
    else:
        # A thread is shared by all who write in it; so is a group, if the table says so. What
        # names no chat is not shared: its senders may have nothing to do with each other.
        in_thread = source.thread_id or (source.chat_type == "thread" and source.chat_id)
        suffices = bool(in_thread or (shared_groups and source.chat_id))
    return chat if suffices else {**chat, "user": source.participant}


def _escape(text: str) -> str:
    # Now `/` only ever stands between parts, and the first `=` of a part ends its label.
    return text.replace("%", "%25").replace("/", "%2F")
