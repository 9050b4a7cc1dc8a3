"""The bench of the intake: what it prints, and that a burst loses nothing when its parts are killed."""

from benchmarks import ingest

PROMISED = {"readings", "readings_per_s", "cpu_s_per_million", "lost", "doubled", "mqtt_messages_per_s"}


def test_a_burst_loses_nothing_and_doubles_nothing_when_database_and_broker_are_killed() -> None:
    """20,000 readings by HTTP over a killed PostgreSQL, then by MQTT over a killed broker and PostgreSQL."""
    figures = ingest.measure(readings=20_000, kill=True)["figures"]
    assert figures.keys() >= PROMISED
    assert (figures["readings"], figures["lost"], figures["doubled"]) == (20_000, 0, 0)
    assert figures["requests_sent_again"] > 0, "the database was killed while requests were under way"
