/**
 * What readers of a report rely on, down to its leaves: a file that was cut or edited is told of before it is shown, or
 * grouped with others. Pure. The published schema says all of it.
 */

/** A text, a number, a list of such, a record with these fields; `optional` where it may be missing. */
type Shape = "text" | "number" | readonly [Shape] | Fields
interface Fields {
  readonly [name: string]: Shape | { readonly optional: () => Shape }
}

const NAMES: readonly [Shape] = ["text"]
const FRAME: Fields = { file: "text", line: "number", column: "number", function: "text" }
const ERROR: Fields = {
  name: "text",
  message: "text",
  fields: {},
  frames: [FRAME],
  stack: NAMES,
  source: { optional: () => ({ file: "text", line: "number", excerpt: "text" }) },
  cause: { optional: () => ERROR }
}

export const REPORT: Fields = {
  at: "text",
  text: NAMES,
  error: ERROR,
  calledFrom: [FRAME],
  job: { task: "text", module: "text", index: "number", key: "text" },
  attempt: { number: "number" },
  attempts: [{}],
  input: { preview: "text", stored: { optional: () => ({ encoding: "text", count: "number", bytes: "number" }) } },
  tasks: [{ name: "text", module: "text", kind: "text" }],
  lastLogs: { stdout: NAMES, stderr: NAMES },
  lastWords: NAMES,
  usage: [{ agoMs: "number", memoryBytes: "number" }],
  limits: {},
  worker: {
    isolation: "text",
    execArgv: NAMES,
    cwd: "text",
    env: NAMES,
    preload: NAMES,
    contexts: [{ module: "text", name: "text" }]
  },
  versions: { holdfast: "text", node: "text" },
  host: { name: "text", platform: "text", load: ["number"] },
  run: { id: "text" },
  files: {}
}

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape)

const isOptional = (shape: Fields[string]): shape is { readonly optional: () => Shape } =>
  typeof shape === "object" && "optional" in shape && typeof shape.optional === "function"

const kindOf = (shape: Shape): string => (typeof shape === "string" ? shape : isList(shape) ? "list" : "record")

const isOfKind = (value: unknown, shape: Shape): boolean => {
  if (shape === "text") return typeof value === "string"
  if (shape === "number") return typeof value === "number"
  return typeof value === "object" && value !== null && Array.isArray(value) === isList(shape)
}

/** What is wrong with a value, in words, with the path to it; undefined where nothing is. */
export const lacking = (value: unknown, shape: Shape, path = ""): string | undefined => {
  if (value === undefined) return `${path} is missing in it`
  if (!isOfKind(value, shape)) return `${path} is no ${kindOf(shape)} in it`
  if (typeof shape === "string") return undefined
  if (isList(shape)) {
    for (const [at, each] of (value as ReadonlyArray<unknown>).entries()) {
      const wrong = lacking(each, shape[0], `${path}[${at}]`)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
  for (const [name, each] of Object.entries(shape)) {
    const field: unknown = Reflect.get(value as object, name)
    const optional = isOptional(each)
    if (optional && field === undefined) continue
    const wrong = lacking(field, optional ? each.optional() : each, path === "" ? name : `${path}.${name}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
