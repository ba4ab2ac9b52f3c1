"""Python's own pools at the work that needs more than one number, spoken to like the contenders in Node (contender.ts)."""
import array
import concurrent.futures
import json
import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import shared_memory

MODULUS = 65521
MOST_FACTORS = 8
RANGES = 64
DOUBLES = 2**20
AT_REST = 1
BEGUN = 0.05
GIVEN_UP = 3


def count_factors(number):
    rest, distinct, divisor = number, 0, 2
    while divisor * divisor <= rest:
        if rest % divisor == 0:
            distinct += 1
            while rest % divisor == 0:
                rest //= divisor
        divisor += 1
    return distinct + 1 if rest > 1 else distinct


def count_in_range(bounds):
    counts = [0] * MOST_FACTORS
    for number in range(*bounds):
        counts[count_factors(number)] += 1
    return counts


def ranges_of(limit):
    return [(2 + (limit - 1) * nth // RANGES, 2 + (limit - 1) * (nth + 1) // RANGES) for nth in range(RANGES)]


def person(number):
    return {
        "id": number,
        "name": f"person {number}",
        "at": {"x": number % 360, "y": number % 180},
        "tags": ["small", "object"],
        "active": number % 2 == 0,
    }


def turn(one):
    at = one["at"]
    total = one["id"] + at["x"] + at["y"] + len(one["tags"])
    return {"id": one["id"], "name": one["name"] + "!", "at": {"x": at["y"], "y": at["x"]}, "sum": total}


def touch_ends(values):
    values[0] += 1
    values[-1] += 2
    return values


seen = {}


def touch_shared(name):
    if name not in seen:
        memory = shared_memory.SharedMemory(name=name)
        seen[name] = (memory, memory.buf.cast("d"))
    values = seen[name][1]
    values[0] += 1
    values[DOUBLES - 1] += 2
    return values[0] + values[DOUBLES - 1]


def pid_of(_):
    return os.getpid()


def digest_of(values):
    digest = 1
    for value in values:
        digest = (digest * 31 + int(value) % MODULUS) % MODULUS
    return digest


def trips(count, send, shared=None):
    values = array.array("d", bytes(8 * DOUBLES)) if shared is None else shared
    results = []
    for _ in range(count):
        answer = send(values)
        if shared is None:
            values = answer
        results += [values[0], values[DOUBLES - 1]]
        values[0] = 0
        values[DOUBLES - 1] = 0
    return results


def recovery_of_pool():
    """One death of the only worker of a multiprocessing.Pool; seconds to the next completed job."""
    with multiprocessing.Pool(1) as pool:
        pid = pool.apply(pid_of, (0,))
        time.sleep(AT_REST)
        pool.apply_async(time.sleep, (60,))
        time.sleep(BEGUN)
        os.kill(pid, signal.SIGKILL)
        killed = time.perf_counter()
        try:
            pool.apply_async(pid_of, (0,)).get(GIVEN_UP)
        except multiprocessing.TimeoutError:
            return GIVEN_UP
        return time.perf_counter() - killed


def recovery_of_executor():
    """The same of a ProcessPoolExecutor, which breaks for good: a new one is made."""
    executor = concurrent.futures.ProcessPoolExecutor(1)
    pid = executor.submit(pid_of, 0).result()
    time.sleep(AT_REST)
    executor.submit(time.sleep, 60)
    time.sleep(BEGUN)
    os.kill(pid, signal.SIGKILL)
    killed = time.perf_counter()
    while True:
        try:
            executor.submit(pid_of, 0).result()
            break
        except BrokenProcessPool:
            executor.shutdown(wait=False)
            executor = concurrent.futures.ProcessPoolExecutor(1)
    seconds = time.perf_counter() - killed
    executor.shutdown()
    return seconds


def prepare(workload, count, pool, memory):
    if workload == "objects":
        inputs = [person(number) for number in range(count)]
        return lambda: [one["sum"] for one in pool.map(turn, inputs, chunksize=4000)], "map, chunks of 4000"
    if workload == "factors":
        numbers = range(2, count + 1)

        def histogram():
            counts = [0] * MOST_FACTORS
            for factors in pool.map(count_factors, numbers):
                counts[factors] += 1
            return counts

        return histogram, "per number, chunked by map"
    if workload == "ranges":
        ranges = ranges_of(count)
        return lambda: [sum(each) for each in zip(*pool.map(count_in_range, ranges, chunksize=1))], f"{RANGES} ranges"
    if workload == "large":
        return lambda: trips(count, lambda values: pool.apply(touch_ends, (values,))), "copied"
    if workload == "shared":
        values = memory.buf.cast("d")
        return lambda: trips(count, lambda _: pool.apply(touch_shared, (memory.name,)), values), "by name"
    raise SystemExit(f"no workload {workload}")


def say(message):
    print(json.dumps(message), flush=True)


def serve(run, note):
    run()
    say({"ready": True})
    for _ in sys.stdin:
        started = time.perf_counter()
        results = run()
        measured = (time.perf_counter() - started) * 1000
        say({"measured": measured, "count": len(results), "digest": digest_of(results), "note": note})


def serve_recovery(recover):
    recover()
    say({"ready": True})
    for _ in sys.stdin:
        measured = recover() * 1000
        note = f"no job done within {GIVEN_UP} s" if measured >= 1000 * GIVEN_UP else "one death a pool"
        say({"measured": measured, "count": 1, "digest": digest_of([1]), "note": note})


def main():
    workload, count = sys.argv[1], int(sys.argv[2])
    if workload == "recovery":
        return serve_recovery(recovery_of_pool)
    if workload == "recovery-executor":
        return serve_recovery(recovery_of_executor)
    # Before the pool: then its worker and this process have one resource tracker, and nobody warns at the end.
    memory = shared_memory.SharedMemory(create=True, size=8 * DOUBLES) if workload == "shared" else None
    with multiprocessing.Pool(1 if workload in ("large", "shared") else 2) as pool:
        run, note = prepare(workload, count, pool, memory)
        serve(run, note)
    if memory is not None:
        memory.unlink()


if __name__ == "__main__":
    main()
