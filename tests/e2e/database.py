"""What a server's SQLite file says, read past the server; and whether its ledger of credits adds up."""

import json
import sqlite3
import time
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ENDED = ("succeeded", "failed", "cancelled")
_STATES = ("running", "queued", "cancelled", "failed", "succeeded")
# The jobs that do a piece of work: the one of its id, or the shards of the batch.
_OF_WORK = "id = ? OR json_extract(payload, '$.batch_id') = ?"


@dataclass(frozen=True)
class JobRow:
    """A job, or all the shards of a batch together: `attempt` then counts every further try of any of them."""

    state: str
    attempt: int
    # Kinds of its events, counted: `died` (its process), `lost` (its server), `retry` (it raised) …
    events: Counter[str]
    error: str | None


class ServerDatabase:
    """Read only; works beside a running server."""

    def __init__(self, data: Path) -> None:
        self._path = data / "pictograph.sqlite"

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def column(self, query: str, *values: object) -> list[object]:
        return [row[0] for row in self.rows(query, *values)]

    def job(self, job_id: str) -> JobRow:
        """Return the job, or for the id of a batch its shards as one."""
        rows = self.rows(f"SELECT state, attempt, error FROM jobs WHERE {_OF_WORK}", job_id, job_id)
        kinds = self.column(
            f"SELECT kind FROM job_events WHERE job_id IN (SELECT id FROM jobs WHERE {_OF_WORK})", job_id, job_id
        )
        states = {str(state) for state, _, _ in rows}
        # Of several, the one that is furthest from the end: while one runs, all of it runs.
        state = min(states, key=_STATES.index)
        attempt = 1 + sum(max(0, int(str(attempt)) - 1) for _, attempt, _ in rows)
        error = next((str(error) for _, _, error in rows if error is not None), None)
        return JobRow(state, attempt, Counter(map(str, kinds)), error)

    def wait_for_end(self, job_id: str, *, timeout_s: float = 180.0) -> JobRow:
        """Return the job once it has ended: `completed` may be on the wire a moment before."""
        deadline = time.monotonic() + timeout_s
        while (job := self.job(job_id)).state not in ENDED:
            assert time.monotonic() < deadline, f"the job has not ended: {job}"
            time.sleep(0.1)
        return job

    def events(self, job_id: str, kind: str) -> list[str]:
        """Return the messages of a job's events of one kind, in order."""
        query = "SELECT data FROM job_events WHERE job_id = ? AND kind = ? ORDER BY sequence"
        return [str(json.loads(str(data)).get("message", "")) for data in self.column(query, job_id, kind)]

    def spent_by(self, job_id: str) -> int:
        """Return the credits that a job has cost, from the ledger's postings."""
        query = """SELECT p.amount FROM ledger_postings p JOIN ledger_transactions t ON t.id = p.transaction_id
                   WHERE p.account = 'spent' AND json_extract(t.metadata, '$.job_id') = ?"""
        return sum(int(str(amount)) for amount in self.column(query, job_id))

    def check_ledger(self) -> None:
        """See that the ledger is sound (R12) at a moment when no job runs."""
        postings = self.rows("SELECT transaction_id, organization_id, account, amount FROM ledger_postings")
        assert postings, "nothing was ever posted"
        by_transaction: defaultdict[object, int] = defaultdict(int)
        by_account: defaultdict[tuple[object, object], int] = defaultdict(int)
        for transaction, organization, account, amount in postings:
            by_transaction[transaction] += int(str(amount))
            by_account[organization, account] += int(str(amount))
        assert set(by_transaction.values()) == {0}, "a transaction is not balanced"
        assert sum(by_account.values()) == 0
        balances = self.rows("SELECT organization_id, account, balance FROM credit_balances")
        assert {(organization, account): balance for organization, account, balance in balances} == by_account
        self._check_history()
        self._check_holds()

    def _check_history(self) -> None:
        """Play the log from its beginning: after each transaction the available credits are as it noted."""
        available: defaultdict[object, int] = defaultdict(int)
        log = self.rows(
            """SELECT t.organization_id, t.available_after,
                      COALESCE((SELECT SUM(amount) FROM ledger_postings p
                                WHERE p.transaction_id = t.id AND p.account = 'available'), 0)
               FROM ledger_transactions t ORDER BY t.rowid"""
        )
        for organization, noted, moved in log:
            available[organization] += int(str(moved))
            assert available[organization] == noted >= 0  # pyright: ignore[reportOperatorIssue]

    def _check_holds(self) -> None:
        """Every hold is settled: what was held is spent or back, and nothing is held any more."""
        assert self.column("SELECT id FROM credit_holds WHERE released_at IS NULL") == []
        assert set(self.column("SELECT balance FROM credit_balances WHERE account = 'held'")) <= {0}
        for job_id, amount, captured in self.rows("SELECT job_id, amount, captured FROM credit_holds"):
            assert isinstance(amount, int)
            assert isinstance(captured, int)
            assert 0 <= captured <= amount
            assert self.spent_by(str(job_id)) == captured
