"""Deployments of LiteLLM: each is a runtime."""

from collections.abc import Iterator
from dataclasses import dataclass

from routing.node import MappingNode, TextNode
from routing.written_key import looks_like_key
from worker.importing.copier import Copier
from worker.importing.draft import Draft, in_order
from worker.importing.source_block import SourceBlock, shown_name
from worker.importing.yaml_text import Document

# What may stand before the first `/` of a model. Any other prefix belongs to the model's name.
_PROVIDERS = frozenset(
    (
        "openai azure azure_ai anthropic bedrock vertex_ai gemini groq mistral cohere cohere_chat"
        " openrouter together_ai fireworks_ai deepseek deepinfra ollama ollama_chat huggingface"
        " replicate perplexity xai vllm hosted_vllm databricks watsonx nvidia_nim cerebras"
        " sambanova lm_studio openai_like custom_openai text-completion-openai github"
        " github_copilot dashscope moonshot minimax volcengine novita litellm_proxy sagemaker"
        " sagemaker_chat cloudflare nebius meta_llama"
    ).split()
)
_PARAMS = {
    name: name
    for name in (
        "temperature top_p max_tokens max_completion_tokens seed n stop presence_penalty"
        " frequency_penalty reasoning_effort api_version"
    ).split()
}
_TURNS = frozenset({"chat", "completion", "responses"})
_WEIGHTS = ("weight", "rpm", "tpm")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One entry of `model_list`."""

    group: str
    runtime: Document
    block: SourceBlock
    name: str | None
    """Its own, `model_info.id`."""
    weights: dict[str, TextNode]
    """Which of `weight`, `rpm` and `tpm` it states."""


def read_deployments(top: SourceBlock, draft: Draft, copier: Copier) -> Iterator[Deployment]:
    """Yield the deployments that turns can go to; what others are is noted."""
    credentials = dict(_credentials(top))
    for at, item in enumerate(top.items("model_list")):
        path = f"model_list[{at}]"
        if not isinstance(item, MappingNode):
            draft.notes.dropped(item, f"`{path}` is no deployment")
            continue
        block = SourceBlock(item, path)
        found = _read(block, credentials, draft, copier)
        if found is not None:
            yield found


def _read(
    block: SourceBlock, credentials: dict[str, SourceBlock], draft: Draft, copier: Copier
) -> Deployment | None:
    name, stated = block.text("model_name"), block.block("litellm_params")
    model = None if stated is None else stated.text("model")
    if name is None or stated is None or model is None:
        draft.notes.dropped(block.place, f"`{block.path}` has no name, or no model")
        return None
    if "*" in name.text or "*" in model.text:
        message = f"`{block.path}` is for any model, by its name; a runtime has one model"
        draft.notes.dropped(block.place, message)
        return None
    info = block.block("model_info")
    mode = None if info is None else info.text("mode")
    if mode is not None and mode.text not in _TURNS:
        draft.notes.dropped(block.place, f"`{block.path}` is not for turns, by its `mode`")
        return None
    group = copier.text(name, block.where("model_name"))
    runtime = _runtime(group or "", stated, model, credentials, copier)
    if group is None or "model" not in runtime:
        return None
    own = None if info is None else info.text("id")
    weights = {key: node for key in _WEIGHTS if (node := stated.text(key)) is not None}
    _tell(block, stated, draft, runtime)
    called = None if own is None else copier.text(own, block.where("model_info.id"))
    return Deployment(group, runtime, block, called, weights)


def _runtime(
    group: str,
    stated: SourceBlock,
    model: TextNode,
    credentials: dict[str, SourceBlock],
    copier: Copier,
) -> Document:
    fields: Document = {}
    provider = stated.text("custom_llm_provider")
    prefix, slash, rest = model.text.partition("/")
    if provider is not None:
        text = copier.text(provider, stated.where("custom_llm_provider"))
        fields.update({} if text is None else {"provider": text})
    elif slash and rest and prefix in _PROVIDERS:
        fields["provider"] = prefix
    if fields.get("provider") == prefix and rest:
        model = TextNode(rest, model.plain, model.line, model.column)
    name = copier.text(model, stated.where("model"))
    if name is not None:
        fields["model"] = name
    _endpoint(stated, fields, copier, group)
    credential = stated.text("litellm_credential_name")
    if credential is not None and credential.text in credentials:
        _endpoint(credentials[credential.text], fields, copier, credential.text)
    params = copier.params(stated, _PARAMS)
    if params:
        fields["params"] = params
    return in_order(fields)


def _endpoint(stated: SourceBlock, fields: Document, copier: Copier, whose: str) -> None:
    for key in ("api_base", "base_url"):
        if "base_url" not in fields and (node := stated.text(key)) is not None:
            url = copier.url(node, stated.where(key))
            fields.update({} if url is None else {"base_url": url})
    if "api_key" not in fields and (node := stated.text("api_key")) is not None:
        # Texts may be keys in disguise, and names of variables are shown.
        wanted = "" if looks_like_key(whose) else f"{whose} api_key"
        fields["api_key"] = copier.key(node, stated.where("api_key"), wanted)


def _tell(block: SourceBlock, stated: SourceBlock, draft: Draft, runtime: Document) -> None:
    if "api_key" not in runtime:
        message = f"`{stated.path}` has no `api_key`: LiteLLM finds one by the provider"
        draft.notes.unknown(block.place, f"{message}; a runner has to, or write it in")
    rest = [shown_name(entry.key.text) for entry in (*stated.rest(), *block.rest())]
    if rest:
        names = ", ".join(f"`{name}`" for name in rest)
        draft.notes.dropped(block.place, f"`{block.path}`: no place in a table for {names}")


def _credentials(top: SourceBlock) -> Iterator[tuple[str, SourceBlock]]:
    """Yield what `credential_list` says, by name."""
    for at, item in enumerate(top.items("credential_list")):
        if isinstance(item, MappingNode):
            block = SourceBlock(item, f"credential_list[{at}]")
            name, values = block.text("credential_name"), block.block("credential_values")
            if name is not None and values is not None:
                yield name.text, values
