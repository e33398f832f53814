"""paho-mqtt with the algorithm in its callback: `python paho_callback.py PORT`."""

import sys

import paho.mqtt.client as mqtt
from rule import Decider

decider = Decider()


def on_message(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
    order = decider.decide(message.payload)
    if order:
        client.publish("orders/peer", order, qos=1)


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.max_inflight_messages_set(1000)  # the default of 20 would hold its orders back
client.on_message = on_message
client.on_connect = lambda *_: client.subscribe("quotes", qos=1)
client.on_subscribe = lambda *_: print("ready", flush=True)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_forever()
