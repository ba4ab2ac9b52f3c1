/** What rows are tried with: trees of plain data and of what is none, for fast-check. */
import fc from "fast-check"

const odd = [
  "",
  "a",
  "b",
  "id",
  "name",
  "constructor",
  "__proto__",
  "toString",
  "0",
  "1",
  "length",
  "then",
  "\u2028'\"`${}",
  "日本",
  "\ud800"
]
const key = fc.oneof(fc.constantFrom(...odd), fc.string({ maxLength: 4, unit: "binary" }))
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    -0,
    0,
    127,
    128,
    -128,
    -129,
    2 ** 31,
    -(2 ** 31),
    Number.NaN,
    Number.POSITIVE_INFINITY
  ),
  fc.double(),
  fc.integer(),
  fc.constantFrom("", "same", "a".repeat(12), "a".repeat(13), "é".repeat(41), "x".repeat(300), "\ud800", "日本 🎉"),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.date({ noInvalidDate: false }),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 3 }),
  fc.float64Array({ maxLength: 3 }),
  fc.constantFrom<unknown>(new DataView(new ArrayBuffer(9), 1, 3), new BigInt64Array([-1n]))
)
const number = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer(), fc.double(), fc.constantFrom(-0, 2 ** 31))
/** Of numbers alone, or long, or both. */
const row = fc.oneof(
  fc.array(number, { minLength: 3, maxLength: 30 }),
  fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 3, maxLength: 30 }),
  fc
    .tuple(fc.array(leaf, { minLength: 1, maxLength: 3 }), fc.integer({ min: 254, max: 300 }))
    .map(([leaves, length]) => Array.from({ length }, (_, at) => leaves[at % leaves.length]))
    .filter((array) => !array.some((each) => typeof each === "object" && each !== null))
)
export const tree = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3, depthSize: "small" }, leaf, row, tie("object"), tie("array"), tie("map")),
  array: fc.array(tie("value"), { maxLength: 10 }),
  map: fc.array(fc.tuple(leaf, tie("value")), { maxLength: 2 }).map((entries) => new Map(entries)),
  object: fc.tuple(fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }), fc.boolean()).map(([fields, bare]) => {
    const object = bare ? Object.create(null) : {}
    for (const [name, value] of fields)
      Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
    return object
  })
})).value

/** Objects of a few shapes in any order, as programs have them. */
export const mixed = fc
  .tuple(
    fc.array(fc.array(key, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(2), fc.array(tree, { maxLength: 4 })), { maxLength: 30 })
  )
  .map(([shapes, rows]) =>
    rows.map(([nth, cells]) => {
      const object: Record<string, unknown> = {}
      const keys = shapes[nth % shapes.length] ?? []
      keys.forEach((name, at) => {
        Object.defineProperty(object, name, { value: cells[at], enumerable: true, writable: true, configurable: true })
      })
      return object
    })
  )
