"""As flat.mjs, for multiprocessing.Pool's imap (`ordered`) and imap_unordered (`unordered`), in chunks of 4000."""
import json
import multiprocessing
import sys
import time

MODULUS = 65521


def square(n):
    return n * n


def kilobytes(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def main():
    what, total = sys.argv[1], int(sys.argv[2])
    with multiprocessing.Pool(2) as pool:
        pool.apply(square, (7,))
        before = kilobytes("VmRSS")
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
        started = time.perf_counter()
        read = wrong = digest = 0
        stream = pool.imap if what == "ordered" else pool.imap_unordered
        for value in stream(square, (n for n in range(total)), chunksize=4000):
            if what == "ordered" and value != read * read:
                wrong += 1
            digest = (digest + value % MODULUS) % MODULUS
            read += 1
        rate = round(read / (time.perf_counter() - started) / 1000)
        measured = (kilobytes("VmHWM") - before) * 1024
        note = f"chunks of 4000, from {before // 1024} MB; {rate:,} k/s"
        print(json.dumps({"measured": measured, "count": read, "digest": digest if wrong == 0 else -1, "note": note}))


if __name__ == "__main__":
    main()
