"""The message broker: nats-server with JetStream and MQTT in one process, its keys, its users, its life."""
