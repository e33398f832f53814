"""paho-mqtt that publishes a moving average of 2: `python paho_average.py PORT`.

One client receives in a persistent session, another one publishes; each quote is acknowledged as it
arrives, and nothing is kept.
"""

import json
import sys

import paho.mqtt.client as mqtt

before = None


def on_message(_client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
    global before
    quote = json.loads(message.payload)
    price = quote["quote"]
    if before is not None:
        average = {
            "sid": quote["sid"],
            "values": {"sma": (before + price) / 2},
            "of": [message.topic, quote["id"]],
            "id": f"{message.topic}:{quote['id']}",
        }
        publisher.publish(f"indicators/sma-2/{quote['sid']}", json.dumps(average), qos=1)
    before = price


publisher = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
publisher.max_inflight_messages_set(1000)  # the default of 20 would hold its messages back
publisher.connect("127.0.0.1", int(sys.argv[1]))
publisher.loop_start()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "bench-average", clean_session=False)
client.on_message = on_message
client.on_connect = lambda *_: client.subscribe("quotes", qos=1)
client.on_subscribe = lambda *_: print("subscribed", flush=True)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
