"""Calls on a channel, made from what a topology describes."""

from collections.abc import Awaitable, Callable

import aiormq.abc

from worker.topology import Binding, Exchange, Queue

ChannelCall = Callable[[aiormq.abc.AbstractChannel], Awaitable[object]]


def declare_exchange(exchange: Exchange, timeout: float) -> ChannelCall:
    """An exchange's declaration; no change if it is there as described."""
    return lambda channel: channel.exchange_declare(
        exchange.name, exchange_type=exchange.kind, durable=True, timeout=timeout
    )


def declare_queue(queue: Queue, timeout: float) -> ChannelCall:
    """A queue's declaration; no change if it is there as described."""
    return lambda channel: channel.queue_declare(
        queue.name, durable=True, arguments=queue.arguments, timeout=timeout
    )


def bind(binding: Binding, timeout: float) -> ChannelCall:
    """A binding; no change if it is there."""
    if binding.to_exchange:
        return lambda channel: channel.exchange_bind(
            destination=binding.destination,
            source=binding.source,
            routing_key=binding.routing_key,
            timeout=timeout,
        )
    return lambda channel: channel.queue_bind(
        binding.destination, binding.source, routing_key=binding.routing_key, timeout=timeout
    )


def unbind(binding: Binding, timeout: float) -> ChannelCall:
    """The end of a binding; no change if there is none."""
    if binding.to_exchange:
        return lambda channel: channel.exchange_unbind(
            destination=binding.destination,
            source=binding.source,
            routing_key=binding.routing_key,
            timeout=timeout,
        )
    return lambda channel: channel.queue_unbind(
        binding.destination, binding.source, binding.routing_key, timeout=timeout
    )
