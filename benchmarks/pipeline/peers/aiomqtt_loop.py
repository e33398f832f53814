"""aiomqtt with the algorithm in its loop: `python aiomqtt_loop.py PORT`.

A publish is awaited until the broker has confirmed it. Awaited one by one in the loop they would
cost it a third of its rate, so that each is a task of its own; tasks begin in order.
"""

import asyncio
import sys

import aiomqtt
from rule import Decider


async def main(port: int) -> None:
    decider = Decider()
    publishing: set[asyncio.Task[None]] = set()
    async with aiomqtt.Client("127.0.0.1", port, max_inflight_messages=1000) as client:
        client.pending_calls_threshold = 1_000_000  # of its warnings
        await client.subscribe("quotes", qos=1)
        print("ready", flush=True)
        async for message in client.messages:
            order = decider.decide(message.payload)
            if order:
                task = asyncio.create_task(client.publish("orders/peer", order, qos=1, timeout=600))
                publishing.add(task)
                task.add_done_callback(publishing.discard)


asyncio.run(main(int(sys.argv[1])))
