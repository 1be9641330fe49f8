import subprocess

from pictograph_server.jobs.worker import is_known_alive, is_known_dead, worker_name


def named(pid: int) -> str:
    """Return the name this process would have with another pid."""
    machine, _, rest = worker_name().partition(":")
    return f"{machine}:{pid}:{rest.partition(':')[2]}"


def test_worker_name__of_a_living_process() -> None:
    assert is_known_alive(worker_name())
    assert not is_known_dead(worker_name())
    assert len(worker_name()) <= 120


def test_worker_name__of_a_dead_process() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert is_known_dead(named(process.pid))
    assert not is_known_alive(named(process.pid))


def test_worker_name__the_number_was_given_to_another_process() -> None:
    # Not our parent's: it may have begun in the same clock tick as we did.
    assert is_known_dead(named(1))


def test_worker_name__of_another_machine_is_neither() -> None:
    elsewhere = "elsewhere/1.2:" + worker_name().partition(":")[2]
    assert not is_known_dead(elsewhere)
    assert not is_known_alive(elsewhere)
