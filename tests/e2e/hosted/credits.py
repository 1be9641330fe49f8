"""`client.credits` of the hosted client: the balance, its entries page by page, prices as the contract states them."""

from pictograph import Client

client = Client()
balance = client.credits.balance()
assert balance.credits_monthly_allowance > 0
assert balance.credits_reset_at is not None
assert 0 <= balance.credits_remaining <= balance.credits_monthly_allowance

for operation in ("training_a10g", "training_a100", "training_h100", "sam3_auto_annotation", "inference_t4"):
    one, ten = client.credits.estimate(operation), client.credits.estimate(operation, quantity=10)
    assert (one.operation, one.unit, one.quantity) == (operation, "per_minute", 1)
    assert one.total_credits == max(one.minimum, one.credits_per_unit) > 0
    assert ten.total_credits == max(ten.minimum, 10 * ten.credits_per_unit)
    assert ten.sufficient == (ten.credits_remaining >= ten.total_credits)

everything = client.credits.iter(page_size=2).all()
assert everything, "the first allowance is an entry"
assert everything[-1].amount > 0
assert everything[0].balance_after == client.credits.balance().credits_remaining
assert [entry.created_at for entry in everything] == sorted((entry.created_at for entry in everything), reverse=True)
first, second = client.credits.history(limit=1), client.credits.history(limit=1, offset=1)
assert first[0].id == everything[0].id
assert not second or second[0].id == everything[1].id
