/** The page that parent and worker share: what one writes, positioned or mapped, the other reads. */
import { existsSync, fstatSync, readlinkSync, writeSync } from "node:fs"
import { Worker } from "node:worker_threads"
import fc from "fast-check"
import { expect, it, onTestFinished } from "vitest"
import { AREA_BYTES, LIMIT_CHECK_MS, layout, monotonicNow, Page } from "../../packages/supervisor/src/protocol/page.ts"
import { BatchReader, PayloadKind, Unserializable } from "../../packages/supervisor/src/protocol/values.ts"
import { openPage, type PageWriter } from "../../packages/supervisor/src/worker/page-writer.ts"

/** What the thread of `page-hammer.ts` keeps for a job. */
const valueOf = (offset: number): unknown =>
  offset % 100 < 50 ? offset * 3 : { offset, text: "x".repeat(offset % 40) }

const makePage = (): Page => {
  const page = new Page()
  onTestFinished(() => page.close())
  return page
}

const mapped = ({ descriptor }: Page): PageWriter => openPage(descriptor).mapped()
const ways = { positioned: ({ descriptor }: Page): PageWriter => openPage(descriptor), mapped } as const

/** The values that a parent would find there. */
const foundIn = (page: Page): ReadonlyArray<unknown> => {
  const leftovers = page.leftovers()
  if (leftovers === undefined) return []
  const reader = new BatchReader(leftovers.kind, leftovers.bytes, leftovers.count)
  return Array.from({ length: leftovers.count }, () => reader.next())
}

it("has all its memory from the beginning, which others could have taken when it is written to", () => {
  const { blocks, size } = fstatSync(makePage().descriptor)
  expect(size).toBe(layout.size)
  expect(blocks * 512).toBeGreaterThanOrEqual(layout.size)
})

for (const [name, open] of Object.entries(ways)) {
  it(`tells the mark that was set last (${name})`, () => {
    const page = makePage()
    const writer = open(page)
    expect(page.mark()).toBe(undefined)
    const chunk = fc.integer({ min: 1, max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(chunk, fc.nat(2 ** 31 - 1), fc.double({ min: 0, noNaN: true }), (chunkId, offset, startedAt) => {
        writer.mark(chunkId, offset, startedAt)
        expect(page.mark()).toEqual({ chunkId, offset, startedAt })
      })
    )
    // A task that is being loaded has not started.
    writer.mark(3, 4, Number.POSITIVE_INFINITY)
    expect(page.mark()).toEqual({ chunkId: 3, offset: 4, startedAt: Number.POSITIVE_INFINITY })
  })

  it(`tells the limit that its parent has set (${name})`, () => {
    const page = makePage()
    const writer = open(page)
    expect(writer.limit()).toEqual({ chunkId: 0, offset: 0, upTo: 0 })
    const limit = { chunkId: 7, offset: 12, upTo: 9 }
    page.limit(limit)
    expect(writer.limit()).toEqual(limit)
    writer.mark(1, 2, 3)
    expect(writer.limit()).toEqual(limit)
  })
}

it("keeps what was marked before it was mapped", () => {
  const page = makePage()
  const positioned = openPage(page.descriptor)
  positioned.mark(5, 6, 7)
  const writer = positioned.mapped()
  expect(page.mark()).toEqual({ chunkId: 5, offset: 6, startedAt: 7 })
  writer.mark(5, 7, 8)
  expect(page.mark()).toEqual({ chunkId: 5, offset: 7, startedAt: 8 })
  expect(writer.mapped()).toBe(writer)
})

it("keeps no results while it is positioned", () => {
  const page = makePage()
  const writer = openPage(page.descriptor)
  expect(writer.put(1, 0, 5)).toBe(false)
  expect(writer.kept()).toBe(undefined)
  expect(page.leftovers()).toBe(undefined)
})

const value = fc.oneof(
  fc.double(),
  fc.string({ maxLength: 50 }),
  fc.record({ n: fc.integer(), list: fc.array(fc.integer(), { maxLength: 5 }) }),
  fc.constantFrom(undefined, null, true)
)

it("shows its parent, after each result, all that were kept since the last were sent", () => {
  const page = makePage()
  const writer = mapped(page)
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.nat(1000), fc.array(value, { maxLength: 60 }), (chunkId, base, values) => {
      writer.clear()
      expect(page.leftovers()).toBe(undefined)
      let kept: Array<unknown> = []
      for (const [at, each] of values.entries()) {
        if (!writer.put(chunkId, base + at, each)) {
          // It is of another kind than those kept, which are sent first.
          writer.clear()
          kept = []
          expect(writer.put(chunkId, base + at, each)).toBe(true)
        }
        kept.push(each)
        expect(foundIn(page)).toEqual(kept)
        expect(page.leftovers()).toMatchObject({ chunkId, offset: base + at + 1 - kept.length, count: kept.length })
        expect(writer.kept()).toEqual({
          offset: base + at + 1 - kept.length,
          count: kept.length,
          kind: page.leftovers()?.kind,
          bytes: page.leftovers()?.bytes
        })
      }
    }),
    { numRuns: 100 }
  )
})

it("is full at some point, and what was kept until then stays whole", () => {
  const page = makePage()
  const writer = mapped(page)
  let count = 0
  while (writer.put(1, count, count)) count++
  expect(count).toBe(AREA_BYTES / 8)
  expect(foundIn(page)).toEqual(Array.from({ length: count }, (_, n) => n))
  writer.clear()
  expect(writer.put(1, 0, "x".repeat(AREA_BYTES + 1))).toBe(false)
  expect(page.leftovers()).toBe(undefined)
})

it("refuses a value that can't cross, and keeps those before it", () => {
  const page = makePage()
  const writer = mapped(page)
  writer.put(1, 0, { a: 1 })
  expect(() => writer.put(1, 1, { f: () => 1 })).toThrow(Unserializable)
  expect(foundIn(page)).toEqual([{ a: 1 }])
  expect(writer.put(1, 1, { b: 2 })).toBe(true)
  expect(foundIn(page)).toEqual([{ a: 1 }, { b: 2 }])
})

/** What a worker whose memory is corrupt could do. */
const overwriteHead = ({ descriptor }: Page, count: number, bytes: number, kind: number): void => {
  const words = new Int32Array(layout.area / 4)
  words[layout.areaCount / 4] = count
  words[layout.areaBytes / 4] = bytes
  words[layout.areaKind / 4] = kind
  writeSync(descriptor, new Uint8Array(words.buffer), 0, layout.area, 0)
}

it("gives nothing where its head was overwritten with what can't be", () => {
  const page = makePage()
  mapped(page).put(1, 0, 5)
  for (const [count, bytes] of [
    [-1, 8],
    [1, -1],
    [1, AREA_BYTES + 1],
    [0, 8]
  ] as const) {
    overwriteHead(page, count, bytes, PayloadKind.numbers)
    expect(page.leftovers()).toBe(undefined)
  }
})

it("says that it can't be read where its head promises more than there is", () => {
  const page = makePage()
  for (const kind of [...Object.values(PayloadKind), 77]) {
    overwriteHead(page, 2 ** 30, 8, kind)
    const found = page.leftovers()
    if (found === undefined) throw new Error("this head could be right")
    const reader = new BatchReader(found.kind, found.bytes, found.count)
    // Eight bytes hold four of the shortest numbers.
    expect(() => Array.from({ length: 5 }, () => reader.next())).toThrow(/can't be decoded/)
  }
})

it("never gives values of one moment for those of another, while its worker goes on writing", async () => {
  const page = makePage()
  const hammer = new Worker(new URL("../fixtures/page-hammer.ts", import.meta.url), {
    workerData: { descriptor: page.descriptor },
    trackUnmanagedFds: false
  })
  onTestFinished(async () => {
    await hammer.terminate()
  })
  await expect.poll(() => page.mark()?.offset ?? 0, { timeout: 20_000, interval: 5 }).toBeGreaterThan(1000)
  let found = 0
  const until = performance.now() + 1000
  while (performance.now() < until) {
    const leftovers = page.leftovers()
    if (leftovers === undefined) continue
    found++
    const { offset, count, kind, bytes } = leftovers
    const reader = new BatchReader(kind, bytes, count)
    for (let at = 0; at < count; at++) {
      const expected = valueOf(offset + at)
      const value = reader.next()
      // `toEqual` for each of a million would take minutes.
      if (JSON.stringify(value) !== JSON.stringify(expected)) expect(value, `job ${offset + at}`).toEqual(expected)
    }
  }
  expect(found).toBeGreaterThan(100)
})

it("is nowhere in the file system, and of no effect once closed", () => {
  const page = makePage()
  const target = readlinkSync(`/proc/self/fd/${page.descriptor}`)
  // It has never been there under any name: a program that is killed at this very moment leaves none.
  expect(target).toMatch(/\/#\d+ \(deleted\)$/)
  expect(existsSync(target.replace(" (deleted)", ""))).toBe(false)
  page.close()
  expect(page.mark()).toBe(undefined)
  expect(page.leftovers()).toBe(undefined)
  page.limit({ chunkId: 1, offset: 1, upTo: 1 })
  page.close()
})

/** Lets more time pass than a mark may stand for without the limit being looked at. */
const outlast = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

it("a job behind one that was marked is not started where it was taken back, whenever the time has passed", () => {
  const page = makePage()
  const ways = {
    "between its mark and its start": (writer: PageWriter) => {
      writer.mark(1, 0, monotonicNow())
      outlast(2 * LIMIT_CHECK_MS)
      expect(writer.mayStart(1, 0)).toBe(true)
    },
    "while its task was loaded, after which it is marked again": (writer: PageWriter) => {
      writer.mark(1, 0, Number.POSITIVE_INFINITY)
      outlast(2 * LIMIT_CHECK_MS)
      writer.mark(1, 0, monotonicNow())
      expect(writer.mayStart(1, 0)).toBe(true)
    },
    "since the start that its mark tells of": (writer: PageWriter) => {
      const startedAt = monotonicNow()
      outlast(2 * LIMIT_CHECK_MS)
      writer.mark(1, 0, startedAt)
      expect(writer.mayStart(1, 0)).toBe(true)
    }
  }
  for (const [when, pass] of Object.entries(ways)) {
    const writer = openPage(page.descriptor)
    pass(writer)
    page.limit({ chunkId: 1, offset: 1, upTo: 2 })
    writer.mark(2, 0, monotonicNow())
    expect(writer.mayStart(2, 0), when).toBe(false)
    page.limit({ chunkId: 0, offset: 0, upTo: 0 })
  }
})
