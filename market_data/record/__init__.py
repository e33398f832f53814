"""The recorder: what comes over MQTT is kept before it is acknowledged."""
