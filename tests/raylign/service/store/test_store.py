"""The store as a whole."""

import threading

from service import TOKEN, job, started

from raylign.service.store import Store


def test_concurrent_writers_wait_for_each_other(store: Store) -> None:
    _, attempt = started(store)
    errors: list[Exception] = []

    def write(thread: int) -> None:
        try:
            for _ in range(10):
                store.create(job())
                store.report(attempt.job_id, 1, TOKEN, [])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(store.latest(limit=200)) == 61
