/**
 * What mends a task's module that Node refuses to load, for the refusals whose own words don't say it. Pure; not the
 * refusals of Holdfast itself, which name their fix.
 */

/** Before Node 26, tsx compiles nothing in a thread: its hooks are registered for the main thread alone. */
const TSX =
  'install tsx and make the pool with { execArgv: ["--import", "tsx"] }' +
  (Number.parseInt(process.versions.node, 10) < 26 ? ", in processes: before Node 26 tsx does nothing in threads" : "")

const byCode: Readonly<Record<string, string>> = {
  ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING:
    "Node runs TypeScript everywhere but under node_modules: have that package built to JavaScript",
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX: `Node only strips types: do without enums, namespaces and parameter properties, or ${TSX}`,
  ERR_UNKNOWN_FILE_EXTENSION: `I${TSX.slice(1)}`
}

const TAKEN_FOR_COMMONJS = /^Cannot use import statement outside a module|^Unexpected token 'export'/

/** A sentence to stand behind the error's own message; empty where there is nothing to add. */
export const loadingAdvice = (cause: unknown): string => {
  if (!(cause instanceof Error)) return ""
  const advice = TAKEN_FOR_COMMONJS.test(cause.message)
    ? 'Node takes it for CommonJS: set "type": "module" in its package.json, or name it .mts (.mjs)'
    : byCode[String(Reflect.get(cause, "code"))]
  return advice === undefined ? "" : `. ${advice}`
}
