/** An MQTT.js program that decides by itself: `node echo.mjs PORT`. */
import { decide, mqtt, subscribe } from './rule.mjs';

const client = mqtt.connect(`mqtt://127.0.0.1:${process.argv[2]}`);
client.on('message', (_topic, payload) => {
  const order = decide(JSON.parse(payload.toString()));
  if (order) client.publish('orders/peer', JSON.stringify(order), { qos: 1 });
});
subscribe(client);
