/**
 * The local variables of a paused frame as short strings. Everything is bounded inside the main thread before
 * it travels, for a description can cost more than the hang it explains: a string of 100 MB takes a second,
 * the preview of a Map with a million entries two. Runs no code of the task: no getter, no proxy, no prototype.
 * CommonJS, so that it loads while the main thread spins; loaded by `pause.cts` alone.
 */
import type { Runtime } from "node:inspector"

/** Posts to the main thread's debugger; undefined when it fails. */
export type Post = (method: string, params: object) => Promise<unknown>

export interface LocalsModule {
  /** At most `maxLocals` variables of one scope, each in at most some `maxValue` characters. */
  readonly describeScope: (
    post: Post,
    scopeId: string,
    limits: { readonly maxLocals: number; readonly maxValue: number; readonly hides: (name: string) => boolean }
  ) => Promise<Record<string, string>>
}

type Preview = Runtime.ObjectPreview
type PreviewedProperty = Runtime.PropertyPreview
type Remote = Runtime.RemoteObject

// Names are marked with what became of the value: `v` untouched, `s<length>` a string cut, `b` a bigint too
// long to print. A variable that has no value yet can't be read. Only syntax, no method: a task may have replaced every prototype. A string of more than 64 Ki
// characters is not even read, for reading one character of a concatenation copies the whole.
const copyBounded = `function (maxLocals, maxValue) {
  const copy = { __proto__: null }
  let count = 0
  for (const name in this) {
    if (count++ === maxLocals) break
    let value
    try {
      value = this[name]
    } catch {
      continue
    }
    if (typeof value === "string") {
      let cut = ""
      if (value.length <= 65536) for (let i = 0; i < value.length && i < maxValue; i++) cut += value[i]
      copy["s" + value.length + ":" + name] = cut
    } else if (typeof value === "bigint" && (value > 1n << 256n || value < -(1n << 256n))) {
      copy["b:" + name] = undefined
    } else {
      copy["v:" + name] = value
    }
  }
  return copy
}`

const keepOnly = `function () {
  const kept = { __proto__: null }
  for (let i = 0; i < arguments.length; i++) kept[arguments[i]] = this[arguments[i]]
  return kept
}`

/** The preview lists all keys of an array and copies all entries of a Map before it takes the first few. */
const maxPreviewed = 10_000

const isPreviewable = (value: Remote): boolean => {
  if (value.type !== "object" || value.objectId === undefined) return false
  if (/^(null|weakmap|weakset|iterator|generator|proxy|date|regexp|error)$/.test(value.subtype ?? "")) return false
  const size = /\((\d+)\)$/.exec(value.description ?? "")?.[1]
  return value.subtype === "typedarray" || size === undefined || Number(size) <= maxPreviewed
}

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max)}…`)

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

const previewedProperty = (property: PreviewedProperty): string => {
  if (property.type === "string") return JSON.stringify(property.value ?? "")
  if (property.type === "function") return "function"
  return property.value ?? property.type
}

const MASKED = "[masked]"

type Hides = (name: string) => boolean

const previewed = (preview: Preview, hides: Hides): string => {
  const description = preview.description ?? "Object"
  const more = preview.overflow ? ["…"] : []
  if (preview.subtype === "array" || preview.subtype === "typedarray") {
    const items = preview.properties.filter(({ name }) => /^\d+$/.test(name)).map(previewedProperty)
    return `${description} [${[...items, ...more].join(", ")}]`
  }
  const parts =
    preview.entries === undefined
      ? preview.properties.map(
          (property) => `${property.name}: ${hides(property.name) ? MASKED : previewedProperty(property)}`
        )
      : preview.entries.map(({ key, value }) => {
          const shown = (each: Preview): string =>
            each.type === "string" ? JSON.stringify(each.description ?? "") : (each.description ?? each.type)
          if (key === undefined) return shown(value)
          const hidden = key.type === "string" && hides(key.description ?? "")
          return `${shown(key)} => ${hidden ? MASKED : shown(value)}`
        })
  const prefix = description === "Object" ? "" : `${description} `
  return parts.length + more.length === 0 ? `${prefix}{}` : `${prefix}{ ${[...parts, ...more].join(", ")} }`
}

const described = (value: Remote, hides: Hides): string => {
  if (value.type === "undefined") return "undefined"
  if (value.subtype === "null") return "null"
  if (value.type === "string") return JSON.stringify(value.value)
  if (value.preview !== undefined) return previewed(value.preview, hides)
  return firstLine(value.description ?? String(value.value))
}

/** A marked name from {@link copyBounded} and its value, as name and text. */
const unmark = (
  marked: string,
  value: Remote,
  maxValue: number,
  hides: Hides
): readonly [name: string, text: string] => {
  const colon = marked.indexOf(":")
  const name = cut(marked.slice(colon + 1), maxValue)
  if (hides(name)) return [name, MASKED]
  if (marked.startsWith("b")) return [name, "a bigint beyond 2n ** 256n"]
  if (!marked.startsWith("s")) return [name, cut(described(value, hides), maxValue)]
  const text = String(value.value)
  const length = Number(marked.slice(1, colon))
  if (length > 0 && text === "") return [name, `a string of ${length} characters`]
  return [name, `${JSON.stringify(text)}${length > text.length ? `… (${length} characters)` : ""}`]
}

/** What was thrown instead is no answer. */
const objectIdOf = (answer: unknown): string | undefined => {
  const { exceptionDetails, result } = (answer ?? {}) as Partial<Runtime.CallFunctionOnReturnType>
  return exceptionDetails === undefined ? result?.objectId : undefined
}

const propertiesOf = async (post: Post, objectId: string, generatePreview: boolean): Promise<Map<string, Remote>> => {
  const answer = await post("Runtime.getProperties", { objectId, ownProperties: true, generatePreview })
  const values = new Map<string, Remote>()
  for (const { name, value } of (answer as Runtime.GetPropertiesReturnType | undefined)?.result ?? []) {
    if (value !== undefined) values.set(name, value)
  }
  return values
}

const describeScope: LocalsModule["describeScope"] = async (post, scopeId, { maxLocals, maxValue, hides }) => {
  const copyId = objectIdOf(
    await post("Runtime.callFunctionOn", {
      objectId: scopeId,
      functionDeclaration: copyBounded,
      arguments: [{ value: maxLocals }, { value: maxValue }],
      silent: true
    })
  )
  if (copyId === undefined) return {}
  const values = await propertiesOf(post, copyId, false)
  const previewable = [...values].filter(([, value]) => isPreviewable(value)).map(([name]) => ({ value: name }))
  if (previewable.length > 0) {
    const keptId = objectIdOf(
      await post("Runtime.callFunctionOn", {
        objectId: copyId,
        functionDeclaration: keepOnly,
        arguments: previewable,
        silent: true
      })
    )
    if (keptId !== undefined)
      for (const [name, value] of await propertiesOf(post, keptId, true)) values.set(name, value)
  }
  return Object.fromEntries([...values].map(([marked, value]) => unmark(marked, value, maxValue, hides)))
}

module.exports = { describeScope } satisfies LocalsModule
