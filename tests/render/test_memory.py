"""Memory that comes back: when nobody holds it, for the same purpose, to one at a time."""

import gc
import threading

import numpy as np

from streamer.render.memory import KEPT, Recycler


def test_memory_comes_back_when_its_last_view_is_gone() -> None:
    memory = Recycler()
    first, fresh = memory.take(64, "a")
    assert fresh
    first[:] = 7
    view = first[8:16].view(np.float32)
    del first
    other, fresh = memory.take(64, "a")
    assert fresh, "a view of the first is still held"
    del view, other
    again, fresh = memory.take(64, "a")
    assert not fresh
    assert again.size == 64


def test_another_purpose_of_the_same_size_never_gets_it() -> None:
    memory = Recycler()
    first, _ = memory.take(64, (2, 1))
    del first
    assert memory.take(64, (1, 2))[1]
    assert not memory.take(64, (2, 1))[1]


def test_no_more_is_kept_than_can_be_under_way_and_less_when_something_else_is_asked_for() -> None:
    memory = Recycler()
    many = [memory.take(64, "a") for _ in range(KEPT + 3)]
    del many
    gc.collect()
    again = [memory.take(64, "a")[1] for _ in range(1)]
    assert again == [False]
    held = [memory.take(64, "a") for _ in range(KEPT + 1)]
    assert sum(not fresh for _, fresh in held) == KEPT
    del held
    other = memory.take(32, "b")
    del other
    held = [memory.take(64, "a") for _ in range(3)]
    assert sum(not fresh for _, fresh in held) == 1


def test_threads_never_hold_the_same() -> None:
    memory = Recycler()
    wrong: list[int] = []

    def work(mark: int) -> None:
        for _ in range(300):
            array, _ = memory.take(64, "a")
            array[:] = mark
            if (array != mark).any():
                wrong.append(mark)
            del array

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
