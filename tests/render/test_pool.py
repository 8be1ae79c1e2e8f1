"""The kernel pool: every task once, slots that never overlap, failures that come out."""

import threading
import time

import pytest

from streamer.render.kernels.jit import MAX_THREADS, threads_for_kernels
from streamer.render.pool import KernelPool


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_task_runs_once_and_a_slot_is_never_shared(threads: int) -> None:
    done: list[int] = []
    busy = [threading.Lock() for _ in range(threads)]

    def work(task: int, slot: int) -> None:
        assert busy[slot].acquire(blocking=False)
        time.sleep(0.0005)
        done.append(task)
        busy[slot].release()

    with KernelPool(threads) as pool:
        pool.run(work, range(40))
        pool.run(work, [])
    assert sorted(done) == list(range(40))


def test_two_callers_share_a_pool() -> None:
    with KernelPool(2) as pool:
        sums = [0, 0]

        def add(caller: int) -> None:
            lock = threading.Lock()

            def work(task: int, slot: int) -> None:
                with lock:
                    sums[caller] += task

            for _ in range(20):
                pool.run(work, range(10))

        callers = [threading.Thread(target=add, args=(n,)) for n in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert sums == [900, 900]


@pytest.mark.parametrize("failing", [0, 7])
def test_an_exception_comes_out_and_the_pool_lives_on(failing: int) -> None:
    def work(task: int, slot: int) -> None:
        if task == failing:
            raise ArithmeticError(f"task {task}")

    with KernelPool(2) as pool:
        with pytest.raises(ArithmeticError, match=f"task {failing}"):
            pool.run(work, range(10))
        pool.run(work, [1, 2, 3])


def test_the_thread_count_is_bounded_and_zero_is_refused() -> None:
    assert 1 <= threads_for_kernels() <= MAX_THREADS
    with pytest.raises(ValueError, match="not 0"):
        KernelPool(0)
