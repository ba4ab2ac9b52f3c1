/** What can't cross, and how the refusal names it. Whatever crosses is `values.test.ts`. */
import { AsyncLocalStorage } from "node:async_hooks"
import { createHash, createSecretKey } from "node:crypto"
import { EventEmitter } from "node:events"
import { Socket } from "node:net"
import { Readable } from "node:stream"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { encodeLone } from "../../packages/supervisor/src/protocol/lone-value.ts"
import { BatchReader, encodeBatch, Unserializable } from "../../packages/supervisor/src/protocol/values.ts"

const refusalOf = (value: unknown): Unserializable => {
  const { refused, count } = encodeBatch([value])
  expect(count).toBe(0)
  expect(refused).toBeInstanceOf(Unserializable)
  let alone: unknown
  try {
    encodeLone(value)
  } catch (error) {
    alone = error
  }
  expect(alone).toBeInstanceOf(Unserializable)
  expect((alone as Unserializable).path).toBe(refused?.path)
  return refused as Unserializable
}

function* generator(): Generator<number> {
  yield 1
}
async function* asyncGenerator(): AsyncGenerator<number> {
  yield 1
}
const argumentsOf = function (this: void, ..._rest: ReadonlyArray<unknown>): unknown {
  // biome-ignore lint/complexity/noArguments: it is what is refused
  return arguments
}

class ApiUrl extends URL {}
class Bus extends EventEmitter {}
class Polyfilled {
  #headers = 1
  get size(): number {
    return this.#headers
  }
  get [Symbol.toStringTag](): string {
    return "Headers"
  }
}
Object.defineProperty(Polyfilled.prototype, Symbol.toStringTag, { value: "Headers" })

const wasm = (): unknown => {
  const { Module } = Reflect.get(globalThis, "WebAssembly") as { Module: new (bytes: Uint8Array) => object }
  return new Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
}

const hostile: ReadonlyArray<readonly [string, () => unknown, RegExp]> = [
  ["a function", () => () => 1, /is a function/],
  ["a class", () => class {}, /is a function/],
  ["a symbol", () => Symbol("s"), /is a symbol/],
  ["a boxed symbol", () => Object(Symbol("s")), /is a symbol/],
  ["a promise", () => Promise.resolve(1), /is a promise/],
  ["a WeakMap", () => new WeakMap(), /is a WeakMap/],
  ["a WeakSet", () => new WeakSet(), /is a WeakSet/],
  ["a WeakRef", () => new WeakRef({}), /is a WeakRef/],
  ["a FinalizationRegistry", () => new FinalizationRegistry(() => {}), /is a FinalizationRegistry/],
  ["a generator", () => generator(), /is a generator/],
  ["an async generator", () => asyncGenerator(), /is a generator/],
  ["an array iterator", () => [1].values(), /is an iterator/],
  ["a Map iterator", () => new Map().entries(), /is an iterator/],
  ["an iterator helper", () => [1].values().map((n) => n), /is an iterator/],
  ["arguments", () => argumentsOf(1), /is an arguments object/],
  ["a Proxy", () => new Proxy({}, {}), /is a Proxy/],
  ["a Proxy of an array", () => new Proxy([1], {}), /is a Proxy/],
  [
    "a revoked Proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
    /is a Proxy/
  ],
  [
    "a Proxy whose traps throw",
    () =>
      new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error("trap")
          }
        }
      ),
    /is a Proxy/
  ],
  ["a SharedArrayBuffer", () => new SharedArrayBuffer(8), /SharedArray$/],
  ["a view of one", () => new Float64Array(new SharedArrayBuffer(8)), /SharedArray$/],
  [
    "a detached ArrayBuffer",
    () => {
      const buffer = new ArrayBuffer(8)
      structuredClone(buffer, { transfer: [buffer] })
      return buffer
    },
    /is detached/
  ],
  [
    "a view of one that is detached",
    () => {
      const view = new Uint8Array(8)
      structuredClone(view.buffer, { transfer: [view.buffer] })
      return view
    },
    /is detached/
  ],
  ["a WebAssembly module", wasm, /is a WebAssembly.Module/],
  ["a Request", () => new Request("http://localhost/"), /is a Request/],
  ["a Response", () => new Response("body"), /is a Response/],
  ["Headers", () => new Headers(), /is a Headers/],
  ["FormData", () => new FormData(), /is a FormData/],
  ["a Blob", () => new Blob(["b"]), /is a Blob/],
  ["a File", () => new File(["f"], "f.txt"), /is a File/],
  ["a URL", () => new URL("http://localhost/"), /is an? URL/],
  ["an instance of a class that extends URL", () => new ApiUrl("http://localhost/"), /is an? URL/],
  ["URLSearchParams", () => new URLSearchParams("a=1"), /is an? URLSearchParams/],
  ["a web stream", () => new ReadableStream(), /is a ReadableStream/],
  ["an AbortSignal", () => new AbortController().signal, /is an AbortSignal/],
  ["an AbortController", () => new AbortController(), /is an AbortController/],
  ["an Event", () => new Event("e"), /is an Event/],
  ["a TextEncoder", () => new TextEncoder(), /is a TextEncoder/],
  ["an Intl object", () => new Intl.NumberFormat("en"), /is an Intl.NumberFormat/],
  ["a node stream", () => Readable.from([1]), /is a Readable/],
  ["a socket", () => new Socket(), /is a Socket/],
  ["an EventEmitter of the user's", () => new Bus(), /is an EventEmitter/],
  ["a hash", () => createHash("sha1"), /is a (Hash|Transform)/],
  ["a key", () => createSecretKey(Buffer.from("k")), /is a \w*KeyObject/],
  ["an AsyncLocalStorage", () => new AsyncLocalStorage(), /is an AsyncLocalStorage/],
  ["a polyfill of a platform class", () => new Polyfilled(), /is a Headers/],
  ["process.env", () => process.env, /is an object with native parts/],
  ["a function of another realm", () => runInNewContext("() => 1"), /is a function/]
]

describe("a value that can't cross is refused", () => {
  it.each(hostile)("%s", (_name, make, message) => {
    const root = refusalOf(make())
    expect([root.path, root.message]).toEqual(["", expect.stringMatching(message)])
    const inside = refusalOf({ items: [1, 2, 3, { onClick: make() }] })
    expect([inside.path, inside.message]).toEqual([".items[3].onClick", expect.stringMatching(message)])
  })

  it("a MessagePort", () => {
    const { port1, port2 } = new MessageChannel()
    expect(refusalOf({ port: port1 }).path).toBe(".port")
    port1.close()
    port2.close()
  })

  it.each([10_000, 100_000])("for %i levels, with a short path, and the stack stays whole", (levels) => {
    let fields: Record<string, unknown> = {}
    let list: Array<unknown> = []
    for (let level = 0; level < levels; level++) {
      fields = { next: fields }
      list = [list]
    }
    for (const value of [fields, list]) {
      const refused = refusalOf(value)
      expect(refused.message).toMatch(/levels deep/)
      expect(refused.path.length).toBeLessThan(300)
    }
  })

  it("for a ring so long that v8 overflows", () => {
    interface Node {
      next?: Node
      other?: Node
    }
    const nodes = Array.from({ length: 50_000 }, (): Node => ({}))
    for (const [index, node] of nodes.entries()) {
      node.next = nodes[(index + 1) % nodes.length] as Node
    }
    expect(refusalOf({ all: nodes }).message).toMatch(/too deep/)
  })

  it("but not where a user's class only has the name of a platform's", () => {
    class Request {
      id = 1
    }
    class Blob {
      id = 2
    }
    const { kind, bytes, refused } = encodeBatch([{ a: new Request(), b: new Blob() }])
    expect(refused).toBeUndefined()
    expect(new BatchReader(kind, bytes, 1).next()).toStrictEqual({ a: { id: 1 }, b: { id: 2 } })
  })
})
