"""MQTT transport: address, connection, and publishing in order. Knows nothing of quotes."""
