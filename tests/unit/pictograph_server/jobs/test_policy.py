from pictograph_server.jobs.policy import JobPolicy


def test_wait__doubles_up_to_the_limit() -> None:
    policy = JobPolicy(backoff_s=1, max_backoff_s=5)
    assert [policy.wait_s(tries) for tries in (1, 2, 3, 4, 50)] == [1, 2, 4, 5, 5]


def test_json__round_trip() -> None:
    policy = JobPolicy(lease_s=12, max_deaths=2)
    assert JobPolicy.from_json(policy.to_json()) == policy
