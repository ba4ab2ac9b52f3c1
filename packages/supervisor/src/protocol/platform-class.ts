/**
 * Which objects belong to the platform (a `Request`, a socket, an `AbortSignal`) and so hold a state that v8 does
 * not see: it would turn them into `{}`. Judged by identity with what Node and the language export, so a user's own
 * class of the same name is none. Not what is refused for its internal slots: that is `nature.ts`.
 */

/** Classes that v8 knows, or whose instances are all their own fields. */
const CLONED: ReadonlySet<string> = new Set(
  (
    "Object Array Number String Boolean BigInt Date RegExp Map Set ArrayBuffer DataView Buffer Int8Array Uint8Array " +
    "Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array " +
    "BigInt64Array BigUint64Array Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError " +
    "URIError SuppressedError DOMException QuotaExceededError Stats BigIntStats Dirent Url"
  ).split(" ")
)

/** Built-in modules whose classes keep their state out of sight. */
const MODULES: ReadonlyArray<string> = (
  "async_hooks buffer child_process cluster crypto dgram diagnostics_channel dns events fs http http2 https net " +
  "perf_hooks readline sqlite stream stream/web string_decoder test tls tty util v8 vm worker_threads zlib"
).split(" ")

let namespaces: ReadonlyArray<readonly [prefix: string, namespace: object]> | undefined

/** Looked at when first needed: they are made lazily by V8, which costs a worker's start up to 4 ms. */
const namespacesOf = (): ReadonlyArray<readonly [prefix: string, namespace: object]> => {
  namespaces ??= [
    ["", globalThis],
    ...["Intl", "WebAssembly", "Temporal"].flatMap((name) => {
      const namespace: unknown = Reflect.get(globalThis, name)
      return typeof namespace === "object" && namespace !== null ? [[`${name}.`, namespace] as const] : []
    })
  ]
  return namespaces
}

const IteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))

/** The platform's class of that name. What a program has put on `globalThis` itself is enumerable, and none. */
const platformClass = (namespace: object, name: string): unknown => {
  const property = Object.getOwnPropertyDescriptor(namespace, name)
  if (property === undefined || property.enumerable === true) return undefined
  return Reflect.get(namespace, name)
}

/** Looks only into modules that are loaded: of another there can be no instance, and loading takes its time. */
const exportedByNode = (constructor: unknown, name: string): boolean => {
  const loaded: unknown = Reflect.get(process, "moduleLoadList")
  if (!Array.isArray(loaded)) return false
  for (const module of MODULES) {
    if (!loaded.includes(`NativeModule ${module}`)) continue
    const exported: unknown = process.getBuiltinModule(`node:${module}`)
    if (typeof exported !== "object" && typeof exported !== "function") continue
    if (exported !== null && Object.hasOwn(exported, name) && Reflect.get(exported, name) === constructor) return true
  }
  return false
}

const nameOfClass = (prototype: object): string | undefined => {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value
  if (typeof constructor === "function") {
    const name = Object.getOwnPropertyDescriptor(constructor, "name")?.value
    if (typeof name !== "string" || name === "" || CLONED.has(name)) return undefined
    for (const [prefix, namespace] of namespacesOf()) {
      if (platformClass(namespace, name) === constructor) return prefix + name
    }
    if (exportedByNode(constructor, name)) return name
  }
  // A polyfill (undici's own Request, say) is another class, but tells by its tag what it is.
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value
  if (typeof tag !== "string" || CLONED.has(tag)) return undefined
  return typeof platformClass(globalThis, tag) === "function" ? tag : undefined
}

const judged = new WeakMap<object, string>()

/**
 * Name of the platform's class that objects with this prototype belong to; undefined for plain objects and
 * instances of a program's own classes.
 */
export const platformClassOf = (prototype: object | null): string | undefined => {
  if (prototype === null || prototype === Object.prototype) return undefined
  const known = judged.get(prototype)
  if (known !== undefined) return known === "" ? undefined : known
  let name: string | undefined
  for (let each: object | null = prototype; each !== null && name === undefined; each = Object.getPrototypeOf(each)) {
    name = each === IteratorPrototype ? "iterator" : nameOfClass(each)
  }
  judged.set(prototype, name ?? "")
  return name
}
