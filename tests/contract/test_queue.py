"""The contract of a queue, in memory and on SQS."""

import asyncio
from typing import Any

import pytest

from oa_shared.queue import OutgoingMessage, Queue, ReceivedMessage
from support.character_classes import CHARACTER_CLASSES

MINUTE_S = 60


async def put(queue: Queue, *bodies: str, **more: Any) -> None:
    assert all(await queue.send_batch([OutgoingMessage(body, **more) for body in bodies]))


async def take(queue: Queue, *, visibility_s: int = MINUTE_S, wait_s: float = 1) -> ReceivedMessage:
    (message,) = await queue.receive(1, wait_s, visibility_s)
    return message


async def test_receive_returns_sent_messages_with_their_attributes(queue: Queue) -> None:
    await put(queue, "a", "b", attributes={"word": "yes"})
    messages = await queue.receive(10, 1, MINUTE_S)
    assert {message.body for message in messages} == {"a", "b"}
    assert {message.attributes["word"] for message in messages} == {"yes"}
    assert {message.receive_count for message in messages} == {1}


async def test_receive_from_an_empty_queue_returns_nothing(queue: Queue) -> None:
    assert await queue.receive(10, 0, MINUTE_S) == []


async def test_receive_returns_at_most_the_requested_number(queue: Queue) -> None:
    await put(queue, *"abcdefghij")
    assert len(await queue.receive(3, 1, MINUTE_S)) <= 3


async def test_message_in_flight_is_hidden(queue: Queue) -> None:
    await put(queue, "a")
    await take(queue)
    assert await queue.receive(10, 0, MINUTE_S) == []


async def test_message_not_acknowledged_is_delivered_again_and_counted(queue: Queue) -> None:
    await put(queue, "a")
    first = await take(queue, visibility_s=1)
    second = await take(queue, wait_s=20)
    assert second.id == first.id
    assert second.body == "a"
    assert second.receive_count == 2


async def test_change_visibility_to_zero_returns_the_message_at_once(queue: Queue) -> None:
    await put(queue, "a")
    first = await take(queue)
    await queue.change_visibility(first.receipt, 0)
    assert (await take(queue)).receive_count == 2


async def test_change_visibility_extends_the_time_in_flight(queue: Queue) -> None:
    await put(queue, "a")
    message = await take(queue, visibility_s=2)
    await queue.change_visibility(message.receipt, MINUTE_S)
    await asyncio.sleep(2.2)
    assert await queue.receive(1, 0, MINUTE_S) == []


async def test_delete_with_the_newest_receipt_removes_the_message(queue: Queue) -> None:
    await put(queue, "a")
    await queue.delete((await take(queue, visibility_s=1)).receipt)
    await asyncio.sleep(1.2)
    assert await queue.receive(1, 0, MINUTE_S) == []


async def test_delete_batch_removes_exactly_the_messages_of_its_receipts(queue: Queue) -> None:
    await put(queue, *"abcdefghij")
    messages: dict[str, ReceivedMessage] = {}
    for _ in range(20):
        messages |= {message.body: message for message in await queue.receive(10, 1, MINUTE_S)}
        if len(messages) == 10:
            break
    await queue.delete_batch([])
    await queue.delete_batch([messages[body].receipt for body in "abcdefghi"])
    await queue.change_visibility(messages["j"].receipt, 0)
    again = await queue.receive(10, 20, MINUTE_S)
    assert [message.body for message in again] == ["j"]


async def test_release_batch_returns_exactly_the_messages_of_its_receipts(queue: Queue) -> None:
    await put(queue, *"abcdefghij")
    messages: dict[str, ReceivedMessage] = {}
    for _ in range(20):
        messages |= {message.body: message for message in await queue.receive(10, 1, MINUTE_S)}
        if len(messages) == 10:
            break
    await queue.release_batch([])
    await queue.release_batch([messages[body].receipt for body in "abc"])
    again: set[str] = set()
    for _ in range(20):
        again |= {message.body for message in await queue.receive(10, 1, MINUTE_S)}
        if len(again) == 3:
            break
    assert again == set("abc")
    assert await queue.receive(10, 0, MINUTE_S) == []


async def test_delete_with_a_stale_receipt_keeps_the_newer_delivery(queue: Queue) -> None:
    await put(queue, "a")
    stale = await take(queue)
    await queue.change_visibility(stale.receipt, 0)
    fresh = await take(queue)
    await queue.delete(stale.receipt)
    await queue.change_visibility(fresh.receipt, 0)
    assert (await take(queue)).receive_count == 3


async def test_delete_twice_is_not_an_error(queue: Queue) -> None:
    await put(queue, "a")
    message = await take(queue)
    await queue.delete(message.receipt)
    await queue.delete(message.receipt)


async def test_send_batch_with_a_delay_hides_the_message_until_then(queue: Queue) -> None:
    await put(queue, "a", delay_s=3)
    assert await queue.receive(1, 0, MINUTE_S) == []
    assert (await take(queue, wait_s=20)).receive_count == 1


async def test_send_batch_of_nothing_makes_no_call(queue: Queue) -> None:
    assert await queue.send_batch([]) == []


@pytest.mark.parametrize("name", CHARACTER_CLASSES)
async def test_send_batch_with_a_refused_message_sends_the_others(queue: Queue, name: str) -> None:
    bodies = ["first", f"a{CHARACTER_CLASSES[name]}", "last"]
    flags = await queue.send_batch([OutgoingMessage(body) for body in bodies])
    assert (flags[0], flags[2]) == (True, True)
    received = await queue.receive(10, 1, MINUTE_S)
    assert {message.body for message in received} == {b for b, flag in zip(bodies, flags, strict=True) if flag}


@pytest.mark.parametrize("refused", [OutgoingMessage(""), OutgoingMessage("a", attributes={"word": ""})])
async def test_send_batch_with_an_empty_text_sends_the_others(queue: Queue, refused: OutgoingMessage) -> None:
    assert await queue.send_batch([refused, OutgoingMessage("a")]) == [False, True]


async def test_send_batch_of_large_messages_sends_those_that_fit(queue: Queue) -> None:
    sizes = [60_000, 262_144, 262_145, 200_000, 1, 2_000_000]
    flags = await queue.send_batch([OutgoingMessage("x" * size) for size in sizes])
    assert flags == [True, True, False, True, True, False]


async def test_depth_counts_visible_in_flight_and_delayed_messages(queue: Queue) -> None:
    await put(queue, "a", "b", "c")
    await put(queue, "later", delay_s=MINUTE_S)
    await take(queue)
    depth = await queue.depth()
    assert depth.visible == 2
    assert depth.in_flight == 1
    assert depth.delayed == 1


async def test_message_delivered_five_times_becomes_a_dead_letter(pair: Any) -> None:
    await put(pair.queue, "poison")
    for _ in range(5):
        await pair.queue.change_visibility((await take(pair.queue)).receipt, 0)
    assert await pair.queue.receive(1, 0, MINUTE_S) == []
    assert (await take(pair.dead_letters, wait_s=20)).body == "poison"


async def test_dead_letter_moves_the_message_with_its_reason(pair: Any) -> None:
    await put(pair.queue, "poison", attributes={"word": "yes"})
    await pair.queue.dead_letter(await take(pair.queue), "not JSON")
    moved = await take(pair.dead_letters)
    assert moved.body == "poison"
    assert moved.attributes == {"word": "yes", "reason": "not JSON"}
    depth = await pair.queue.depth()
    assert depth.visible == 0
    assert depth.in_flight == 0


@pytest.mark.parametrize("name", CHARACTER_CLASSES)
async def test_dead_letter_takes_any_reason(pair: Any, name: str) -> None:
    await put(pair.queue, "poison")
    await pair.queue.dead_letter(await take(pair.queue), CHARACTER_CLASSES[name] * 2000)
    moved = await take(pair.dead_letters)
    assert moved.body == "poison"
    assert 0 < len(moved.attributes["reason"].encode()) <= 1000
    assert (await pair.queue.depth()).in_flight == 0
