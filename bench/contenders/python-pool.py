"""Python's multiprocessing.Pool with two processes, spoken to like the contenders in Node (contender.ts)."""
import json
import multiprocessing
import sys
import time

MODULUS = 65521
CHUNKS = [1000, 4000, 16000, 64000, 250000]
TRIED = ",".join(map(str, CHUNKS))


def square(n):
    return n * n


def digest_of(values):
    digest = 1
    for value in values:
        digest = (digest * 31 + value % MODULUS) % MODULUS
    return digest


def best_chunk(pool, inputs):
    """The quickest chunk size, each tried twice."""
    times = {}
    for _ in range(2):
        for chunk in CHUNKS:
            started = time.perf_counter()
            pool.map(square, inputs, chunksize=chunk)
            times[chunk] = min(times.get(chunk, float("inf")), time.perf_counter() - started)
    return min(times, key=times.get)


def prepare(workload, pool, inputs):
    if workload == "map":
        chunk = best_chunk(pool, inputs)
        return (lambda: pool.map(square, inputs, chunksize=chunk)), f"chunks of {chunk}, the best of {TRIED}"
    if workload == "map-1":
        return (lambda: pool.map(square, inputs, chunksize=1)), "chunks of 1"
    if workload == "round-trip":
        return (lambda: [pool.apply(square, (n,)) for n in inputs]), "apply"
    raise SystemExit(f"no workload {workload}")


def say(message):
    print(json.dumps(message), flush=True)


def main():
    workload, count = sys.argv[1], int(sys.argv[2])
    inputs = list(range(count))
    with multiprocessing.Pool(2) as pool:
        run, note = prepare(workload, pool, inputs)
        run()
        say({"ready": True})
        for _ in sys.stdin:
            started = time.perf_counter()
            results = run()
            measured = (time.perf_counter() - started) * 1000
            say({"measured": measured, "count": len(results), "digest": digest_of(results), "note": note})


if __name__ == "__main__":
    main()
