"""DuckDB: all audiences anew from all stored events, as a scheduled query would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.missing import needed

# The columns that the workload's own SQL reads.
_LOAD = """
CREATE TABLE events AS SELECT
    messageId AS msg, anonymousId AS anon, userId AS uid,
    CASE type WHEN 'track' THEN event WHEN 'page' THEN 'page:' || name ELSE 'identify' END AS ev,
    epoch_ms("timestamp"::TIMESTAMP) AS ts, properties.revenue AS rev,
    properties.campaign_id AS camp, traits.plan AS plan, traits.country AS country,
    traits.is_customer AS is_customer
FROM read_json(?, format = 'newline_delimited', columns = {
    messageId: 'VARCHAR', anonymousId: 'VARCHAR', userId: 'VARCHAR', type: 'VARCHAR',
    event: 'VARCHAR', name: 'VARCHAR', "timestamp": 'VARCHAR', receivedAt: 'VARCHAR',
    properties: 'STRUCT(revenue DOUBLE, campaign_id VARCHAR)',
    traits: 'STRUCT(plan VARCHAR, country VARCHAR, is_customer BOOLEAN)'})
WHERE epoch_ms(receivedAt::TIMESTAMP) <= ?
"""


class Warehouse:
    """The events of a file in a table, in memory, on one core."""

    def __init__(self, file: Path, until_ms: int) -> None:
        """Load what was received by an instant; PeerMissing without DuckDB."""
        self._db: Any = needed("duckdb", "duckdb").connect(config={"threads": 1})
        self._db.execute(_LOAD, [str(file), until_ms])

    def refresh(self, sql: str) -> list[tuple[Any, ...]]:
        """Every person with a truth for each audience."""
        rows: list[tuple[Any, ...]] = self._db.execute(sql).fetchall()
        return rows

    def close(self) -> None:
        """Let go of the table."""
        self._db.close()


def members(rows: Sequence[tuple[Any, ...]], audiences: Sequence[str]) -> dict[str, list[str]]:
    """Who is in each audience."""
    return {
        name: [str(row[0]) for row in rows if row[place]] for place, name in enumerate(audiences, 1)
    }
