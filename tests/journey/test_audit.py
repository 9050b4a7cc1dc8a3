"""Whatever somebody with the database's password alters afterwards, the audit names it."""

import json
from typing import NamedTuple

import psycopg
import pytest
from worlds import World, Worlds


class Tampering(NamedTuple):
    """One row altered. ``named``: what the audit must say; ``{id}`` is the row's own id, as ``of`` selects it."""

    of: str
    alter: str
    named: str


FIRST = "ORDER BY 1 LIMIT 1"
TRADED = f"SELECT digest FROM contract WHERE trade_id IS NOT NULL {FIRST}"
ROOT = f"SELECT key FROM chain_record WHERE key LIKE 'slot:%' {FIRST}"
KINDS = {
    "a reading's value": Tampering(
        f"SELECT envelope_id FROM reading {FIRST}",
        "UPDATE reading SET import_wh = import_wh + 1 WHERE (device_id, boot, counter) = "
        "(SELECT device_id, boot, counter FROM reading WHERE envelope_id = %s LIMIT 1)",
        "envelope {id} of ",
    ),
    "an envelope's signature": Tampering(
        f"SELECT id FROM envelope {FIRST}",
        "UPDATE envelope SET signature = set_byte(signature, 0, 255 - get_byte(signature, 0)) WHERE id = %s",
        "envelope {id} of ",
    ),
    "a journal entry": Tampering(
        f"SELECT seq FROM journal WHERE kind = 'step.clear' {FIRST}",
        "UPDATE journal SET body = replace(body, '\"clear\"', '\"cleer\"') WHERE seq = %s",
        "journal entry {id} (step.clear of ",
    ),
    "a contract's terms": Tampering(
        TRADED,
        "UPDATE contract SET terms = jsonb_set(terms, '{energy_wh}', '1') WHERE digest = %s",
        "contract {id}: ",
    ),
    "what is settled of a contract": Tampering(
        TRADED, "UPDATE contract SET energy_wh = energy_wh + 1 WHERE digest = %s", "contract {id}: "
    ),
    "the evidence of a case": Tampering(
        f"SELECT id FROM case_file {FIRST}",
        "UPDATE case_file SET evidence = jsonb_set(evidence, '{trade}', '\"other\"') WHERE id = %s",
        "case {id}: ",
    ),
    "a decision's signature": Tampering(
        f"SELECT case_id FROM decision {FIRST}",
        "UPDATE decision SET signature = set_byte(signature, 0, 255 - get_byte(signature, 0)) WHERE case_id = %s",
        " on case {id}: ",
    ),
    "a decision's verdict": Tampering(
        f"SELECT case_id FROM decision {FIRST}",
        "UPDATE decision SET verdict = CASE verdict WHEN 'approve' THEN 'reject' ELSE 'approve' END WHERE case_id = %s",
        " on case {id}: ",
    ),
    "an account's balance": Tampering(
        "SELECT id FROM balance WHERE id LIKE 'member:%' AND debits_posted > 0 ORDER BY 1 LIMIT 1",
        "UPDATE balance SET debits_posted = debits_posted + 1 WHERE id = %s",
        "account {id} shows ",
    ),
    "a transfer's amount": Tampering(
        "SELECT id FROM transfer WHERE state = 'posted' AND pending_id IS NULL ORDER BY place LIMIT 1",
        "UPDATE transfer SET amount = amount + 1 WHERE id = %s",
        " of the ledger was altered: ",
    ),
    "a trade's energy": Tampering(
        f"SELECT id FROM trade {FIRST}", "UPDATE trade SET energy_wh = energy_wh + 1 WHERE id = %s", "trade {id}: "
    ),
    "that a contract was recorded": Tampering(
        "SELECT slot FROM contract WHERE trade_id IS NOT NULL AND state = 'settled' ORDER BY slot LIMIT 1",
        "UPDATE contract SET state = 'cancelled' WHERE digest = "
        "(SELECT digest FROM contract WHERE trade_id IS NOT NULL AND slot = %s LIMIT 1)",
        "slot:{id}: the leaves are not",
    ),
    "what a site received": Tampering(
        f"SELECT site_id FROM settlement {FIRST}",
        "UPDATE settlement SET net_ujpy = net_ujpy + 1 WHERE site_id = %s",
        ", {id}: it says ",
    ),
    "a node's price": Tampering(
        f"SELECT slot FROM contract WHERE trade_id IS NOT NULL {FIRST}",
        "UPDATE clearing SET detail = jsonb_set(detail, '{node_price}', "
        "(SELECT jsonb_agg(each::int + 1) FROM jsonb_array_elements_text(detail -> 'node_price') AS each)) "
        "WHERE slot = %s",
        "its terms say 0 mJPY/kWh beside the node's price, the clearing -1",
    ),
    "who let a deal pass": Tampering(
        "SELECT key FROM chain_record WHERE key LIKE 'approval:%' ORDER BY 1 LIMIT 1",
        "UPDATE chain_record SET root = repeat('ab', 32), receipt = NULL WHERE key = %s",
        "{id}: what was decided is not what the chain was told",
    ),
    "a recorded root": Tampering(
        ROOT, "UPDATE chain_record SET root = repeat('ab', 32) WHERE key = %s", "{id}: the root does not follow"
    ),
    "which contracts a root stands for": Tampering(
        ROOT, "UPDATE chain_record SET leaves = leaves - 0 WHERE key = %s AND jsonb_array_length(leaves) > 1", "{id}: "
    ),
}


def test_an_untouched_world_verifies(finished: World) -> None:
    """Every kind of record is there and holds, but what the reduced day lacks, such as cuts, disputes, own orders."""
    verified = finished.command("audit", "--json", "verify")
    assert verified.returncode == 0, verified.stderr
    found = json.loads(verified.stdout)
    assert found["verified"] is True
    assert {name for name, count in found["checked"].items() if not count} == {
        "cuts",
        "disputes",
        "negotiations",
        "order_commands",
        "papers",
    }, found


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_broken_record_is_named(worlds: Worlds, finished: World, kind: str) -> None:
    """With the exit status of a broken rule, one line, and nothing on standard output."""
    world, (of, alter, named) = worlds.copy(finished), KINDS[kind]
    with psycopg.connect(world.url) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger or foreign key stands in the way
        row = connection.execute(of).fetchone()
        assert row is not None
        altered = connection.execute(alter, row)
        assert altered.rowcount >= 1
    verified = world.command("audit", "verify")
    assert verified.returncode == 1
    assert named.format(id=row[0]) in verified.stderr
    assert len(verified.stderr.strip().splitlines()) == 1
    assert verified.stdout == ""
