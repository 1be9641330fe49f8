"""The ledger: every interleaving sums to zero, nothing is overdrawn, nothing is paid twice (R12)."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Connection, func, select, update

from pictograph_server.platform import Platform
from pictograph_server.services.credits import prices
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.repository import balances
from pictograph_server.services.credits.service import InsufficientCredits
from pictograph_server.services.organizations import service as organizations
from pictograph_server.settings import Credits, Prices
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.tables import (
    credit_balances,
    credit_holds,
    ledger_postings,
    ledger_transactions,
    metadata,
)
from pictograph_server.storage.db.tables import organizations as organization_table
from pictograph_server.storage.db.types import now

JOBS = ("job-a", "job-b", "job-c")
AMOUNTS = st.integers(min_value=0, max_value=60)


def test_hold_capture_release__the_job_pays_what_it_used(platform: Platform, organization_id: str) -> None:
    with platform.db.write() as conn:
        credits.hold(conn, organization_id, job_id="j", operation="sam3_auto_annotation", amount=13, description="100")
        credits.capture(conn, job_id="j", step="shard-0", amount=4)
        credits.capture(conn, job_id="j", step="shard-1", amount=5)
        credits.release(conn, job_id="j")
        lines = credits.history(conn, organization_id, limit=10, offset=0)
        assert balances(conn, organization_id) == {
            "granted": -1_000_000,
            "available": 999_991,
            "held": 0,
            "spent": 9,
        }
    assert [(line.operation, line.amount, line.balance_after) for line in lines] == [
        ("sam3_auto_annotation_refund", 4, 999_991),
        ("sam3_auto_annotation", -13, 999_987),
        ("monthly_allowance", 1_000_000, 1_000_000),
    ]


def test_capture__never_more_than_held(platform: Platform, organization_id: str) -> None:
    with platform.db.write() as conn:
        credits.hold(conn, organization_id, job_id="j", operation="training_a10g", amount=10, description="run")
        credits.capture(conn, job_id="j", step="1", amount=7)
        credits.capture(conn, job_id="j", step="2", amount=7)
        assert balances(conn, organization_id)["spent"] == 10


def test_capture__after_release_takes_nothing(platform: Platform, organization_id: str) -> None:
    with platform.db.write() as conn:
        credits.hold(conn, organization_id, job_id="j", operation="training_a10g", amount=10, description="run")
        credits.release(conn, job_id="j")
        credits.capture(conn, job_id="j", step="late", amount=7)
        assert balances(conn, organization_id)["spent"] == 0


def test_hold__too_little_is_402_with_both_numbers(platform: Platform, organization_id: str) -> None:
    with pytest.raises(InsufficientCredits) as refused, platform.db.write() as conn:
        credits.hold(conn, organization_id, job_id="j", operation="x", amount=1_000_001, description="too much")
    assert refused.value.status == 402
    assert refused.value.body()["detail"] == {
        "message": "Not enough credits for x: it costs 1000001 and 1000000 are left",
        "error": "insufficient_credits",
        "required": 1_000_001,
        "remaining": 1_000_000,
        "upgrade_url": "/settings?tab=billing",
    }


def test_charge__same_key_pays_once_in_each_organization(platform: Platform, organization_id: str) -> None:
    with platform.db.write() as conn:
        other = organizations.create_organization(conn, Credits(), name="Other").organization_id
        for organization in (organization_id, organization_id, other):
            credits.charge(conn, organization, operation="prompt", amount=3, unique_key="k", description="a prompt")
        assert balances(conn, organization_id)["spent"] == 3
        assert balances(conn, other)["spent"] == 3


def test_charge__a_long_key_still_pays_once(platform: Platform, organization_id: str) -> None:
    with platform.db.write() as conn:
        for _ in range(2):
            credits.charge(conn, organization_id, operation="p", amount=3, unique_key="k" * 500, description="")
        assert balances(conn, organization_id)["spent"] == 3


def test_free_of_charge__lines_with_amount_zero(platform: Platform) -> None:
    with platform.db.write() as conn:
        free = organizations.create_organization(conn, Credits(monthly_allowance=1, free_of_charge=True), name="Free")
        credits.hold(conn, free.organization_id, job_id="j", operation="training_h100", amount=900, description="run")
        credits.capture(conn, job_id="j", step="1", amount=900)
        credits.release(conn, job_id="j")
        credits.charge(conn, free.organization_id, operation="p", amount=3, unique_key="k", description="prompt")
        lines = credits.history(conn, free.organization_id, limit=10, offset=0)
        assert credits.balance(conn, free.organization_id).credits_remaining == 1
    assert [(line.operation, line.amount) for line in lines][:2] == [("p", 0), ("training_h100", 0)]


def test_remaining__is_not_zero_while_credits_are_only_held(platform: Platform) -> None:
    with platform.db.write() as conn:
        small = organizations.create_organization(conn, Credits(monthly_allowance=5), name="Small").organization_id
        credits.hold(conn, small, job_id="j", operation="x", amount=5, description="all of it")
        assert credits.remaining(conn, small) == 1
        credits.capture(conn, job_id="j", step="1", amount=5)
        assert credits.remaining(conn, small) == 0


def test_renewal__tops_up_once_a_month(platform: Platform, organization_id: str) -> None:
    with platform.db.write() as conn:
        credits.charge(conn, organization_id, operation="x", amount=600_000, unique_key="k", description="")
        make_due(conn, organization_id, timedelta(days=95))
        credits.renew_if_due(conn, organization_id)
        credits.renew_if_due(conn, organization_id)
        budget = credits.balance(conn, organization_id)
        assert balances(conn, organization_id)["available"] == 1_000_000
        assert budget.credits_reset_at is not None
        assert now() < budget.credits_reset_at < now() + timedelta(days=32)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((2026, 1, 31), (2026, 2, 28)),
        ((2028, 1, 31), (2028, 2, 29)),
        ((2026, 12, 5), (2027, 1, 5)),
        ((2026, 6, 30), (2026, 7, 30)),
    ],
)
def test_next_month__ends_of_months(start: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    assert credits.next_month(datetime(*start, tzinfo=UTC)) == datetime(*end, tzinfo=UTC)


@pytest.mark.parametrize(("images", "sam", "model"), [(0, 3, 2), (1, 4, 3), (70, 10, 5), (100, 13, 5), (1001, 104, 33)])
def test_batch_cost__contract_formula(images: int, sam: int, model: int) -> None:
    """3 + ceil(0.1 n) and 2 + ceil(0.03 n), by hand; 0.1 * 70 is above 7 in floating point."""
    assert prices.batch_cost(Prices(), images, trained_model=False) == sam
    assert prices.batch_cost(Prices(), images, trained_model=True) == model


def test_training_cost__begun_minutes(platform: Platform) -> None:
    assert prices.training_cost(Prices(), "a10g", 0) == 5
    assert prices.training_cost(Prices(), "a100", 2.1) == 27
    with pytest.raises(prices.UnknownOperation, match="training_tpu"):
        prices.training_cost(Prices(), "tpu", 1)


def test_prices__are_the_operators() -> None:
    mine = Prices(prompt=0, labelling_base=0, labelling_per_100_images=250, training_a100_per_minute=0)
    assert prices.prompt_cost(mine) == 0
    assert [prices.batch_cost(mine, images, trained_model=False) for images in (0, 1, 2, 100)] == [0, 3, 5, 250]
    assert prices.training_cost(mine, "a100", 7) == 0
    assert prices.price(mine, "sam3_auto_annotation").total(4) == 0
    labelling = next(each for each in prices.tariffs(mine) if "SAM 3" in each.title)
    assert (labelling.base, labelling.credits, labelling.per) == (0, 5, 2)


def test_amount__is_never_negative(platform: Platform, organization_id: str) -> None:
    with pytest.raises(ValueError, match="not -1"), platform.db.write() as conn:
        credits.charge(conn, organization_id, operation="x", amount=-1, unique_key="k", description="")


def make_due(conn: Connection, organization_id: str, ago: timedelta) -> None:
    query = update(organization_table).where(organization_table.c.id == organization_id)
    conn.execute(query.values(credits_reset_at=now() - ago))


class Ledger(RuleBasedStateMachine):
    """A model of the budget in plain integers beside the real one."""

    @initialize(allowance=st.integers(min_value=1, max_value=150))
    def start(self, allowance: int) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.db = Database(f"sqlite:///{Path(self.folder.name) / 'ledger.sqlite'}")
        metadata.create_all(self.db.engine)
        self.allowance = allowance
        with self.db.write() as conn:
            budget = Credits(monthly_allowance=allowance)
            self.organization_id = organizations.create_organization(conn, budget, name="Test").organization_id
            credits.renew_if_due(conn, self.organization_id)
        self.available = allowance
        self.spent = 0
        self.held: dict[str, int] = {}
        self.steps: set[tuple[str, int]] = set()
        self.charged: set[int] = set()
        self.known: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.folder.cleanup()

    @rule(job=st.sampled_from(JOBS), amount=AMOUNTS)
    def hold(self, job: str, amount: int) -> None:
        fits = job in self.known or amount <= self.available
        try:
            with self.db.write() as conn:
                credits.hold(conn, self.organization_id, job_id=job, operation="x", amount=amount, description="")
        except InsufficientCredits:
            assert not fits
            return
        assert fits
        if job not in self.known:
            self.known.add(job)
            self.held[job] = amount
            self.available -= amount

    @rule(job=st.sampled_from(JOBS), step=st.integers(0, 3), amount=AMOUNTS)
    def capture(self, job: str, step: int, amount: int) -> None:
        with self.db.write() as conn:
            credits.capture(conn, job_id=job, step=str(step), amount=amount)
        if job in self.held and (job, step) not in self.steps:
            self.steps.add((job, step))
            spent = min(amount, self.held[job])
            self.held[job] -= spent
            self.spent += spent

    @rule(job=st.sampled_from(JOBS))
    def release(self, job: str) -> None:
        with self.db.write() as conn:
            credits.release(conn, job_id=job)
        self.available += self.held.pop(job, 0)

    @rule(key=st.integers(0, 3), amount=AMOUNTS)
    def charge(self, key: int, amount: int) -> None:
        fits = key in self.charged or amount <= self.available
        try:
            with self.db.write() as conn:
                credits.charge(
                    conn, self.organization_id, operation="y", amount=amount, unique_key=str(key), description=""
                )
        except InsufficientCredits:
            assert not fits
            return
        assert fits
        if key not in self.charged:
            self.charged.add(key)
            self.available -= amount
            self.spent += amount

    @rule()
    def undo(self) -> None:
        """What a crash before the commit leaves: nothing."""
        with pytest.raises(RuntimeError), self.db.write() as conn:
            for job in JOBS:
                credits.capture(conn, job_id=job, step="undone", amount=5)
                credits.release(conn, job_id=job)
            raise RuntimeError

    @rule()
    def renew(self) -> None:
        with self.db.write() as conn:
            make_due(conn, self.organization_id, timedelta(days=1))
            credits.renew_if_due(conn, self.organization_id)
        self.available = max(self.available, self.allowance - sum(self.held.values()))

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "db"):
            return
        with self.db.read() as conn:
            found = balances(conn, self.organization_id)
            postings = conn.execute(
                select(ledger_postings.c.account, func.sum(ledger_postings.c.amount)).group_by(
                    ledger_postings.c.account
                )
            ).all()
            unbalanced = conn.execute(
                select(ledger_postings.c.transaction_id)
                .group_by(ledger_postings.c.transaction_id)
                .having(func.sum(ledger_postings.c.amount) != 0)
            ).all()
            overall = conn.execute(select(func.sum(credit_balances.c.balance))).scalar()
            over_captured = conn.execute(
                select(credit_holds.c.job_id).where(credit_holds.c.captured > credit_holds.c.amount)
            ).all()
            last = conn.execute(
                select(ledger_transactions.c.available_after).order_by(ledger_transactions.c.id.desc()).limit(1)
            ).scalar()
        assert unbalanced == []
        assert overall == 0
        assert over_captured == []
        assert dict(map(tuple, postings)) == {account: found[account] for account, _ in postings}
        assert found["available"] == self.available >= 0
        assert found["held"] == sum(self.held.values())
        assert found["spent"] == self.spent
        assert last is not None


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=(HealthCheck.too_slow,)
)
