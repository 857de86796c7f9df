"""The notice board: nobody misses news, and a thousand readers cost one look."""

import asyncio
import threading

from raylign.service.bulletin import Bulletin, wait_for_news


async def test_a_post_wakes_all_who_wait_for_its_topic_and_nobody_else() -> None:
    bulletin = Bulletin()
    first, second, other = bulletin.subscribe("job_a"), bulletin.subscribe("job_a"), bulletin.subscribe("job_b")
    bulletin.post("job_a")
    assert await wait_for_news(first, 1)
    assert await wait_for_news(second, 1)
    assert not await wait_for_news(other, 0.01)


async def test_news_between_subscribing_and_waiting_is_not_missed_and_old_news_is_not_heard_again() -> None:
    bulletin = Bulletin()
    before = bulletin.subscribe("job_a")
    bulletin.post("job_a")
    await asyncio.sleep(0)
    assert await wait_for_news(before, 0)
    assert not await wait_for_news(bulletin.subscribe("job_a"), 0.01)


async def test_posts_come_from_any_thread() -> None:
    bulletin = Bulletin()
    news = bulletin.subscribe("job_a")
    asyncio.get_running_loop().set_debug(True)  # a thread that touches the loop itself is told off
    thread = threading.Thread(target=bulletin.post, args=("job_b", "job_a"))
    thread.start()
    assert await wait_for_news(news, 1)
    thread.join()


def test_a_post_that_nobody_waits_for_is_nothing() -> None:
    Bulletin().post("job_a")


async def test_a_topic_lives_as_long_as_somebody_waits_for_it() -> None:
    bulletin = Bulletin()
    news = bulletin.subscribe("job_a")
    assert bulletin.subscribe("job_a") is news
    del news
    assert list(bulletin._news) == []


async def test_closing_wakes_everybody() -> None:
    bulletin = Bulletin()
    waiting = [bulletin.subscribe(f"job_{n}") for n in range(3)]
    bulletin.close()
    assert bulletin.closed
    assert all([await wait_for_news(news, 1) for news in waiting])


async def test_one_reading_serves_all_who_ask_meanwhile_and_outlives_who_began_it() -> None:
    news, go, readings = Bulletin().subscribe("job_a"), threading.Event(), []

    def read() -> int:
        go.wait(5)
        readings.append(1)
        return len(readings)

    first, *others = [asyncio.create_task(news.look("page", read)) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert await asyncio.gather(*others) == [1, 1, 1, 1]
    assert await news.look("another page", lambda: "its own") == "its own"
    await asyncio.sleep(0)
    assert await news.look("page", read) == 2  # later: a reading as new as who asks
