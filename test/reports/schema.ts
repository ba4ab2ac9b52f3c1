/**
 * Validates JSON against as much of JSON Schema as `docs/report.schema.json` uses, and refuses a schema that uses more:
 * a keyword that is not known here would be no check at all.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"

interface Schema {
  readonly [keyword: string]: unknown
}

const KEYWORDS = new Set(
  "$schema $defs $ref title description type properties required additionalProperties items enum const".split(" ")
)

const root = JSON.parse(readFileSync(join(import.meta.dirname, "../../docs/report.schema.json"), "utf8")) as Schema

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeOf(value) === "object"

const resolved = (schema: Schema): Schema => {
  const { $ref } = schema
  if (typeof $ref !== "string") return schema
  return (root.$defs as Record<string, Schema>)[$ref.replace("#/$defs/", "")] as Schema
}

/** What is wrong with a value, each with its path. */
export const problemsIn = (value: unknown, given: Schema = root, path = "report"): Array<string> => {
  const schema = resolved(given)
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.has(keyword))
  if (unknown.length > 0) return [`${path}: the schema uses ${unknown.join(", ")}, which is not checked here`]
  const type = typeOf(value)
  if ("const" in schema && value !== schema.const) return [`${path} is not ${JSON.stringify(schema.const)}`]
  if (Array.isArray(schema.enum) && !schema.enum.includes(value))
    return [`${path} is none of ${schema.enum.join(", ")}`]
  if (schema.type !== undefined && schema.type !== type && !(schema.type === "number" && type === "integer"))
    return [`${path} is no ${String(schema.type)} but ${type}`]
  if (Array.isArray(value))
    return value.flatMap((each, at) => problemsIn(each, (schema.items ?? {}) as Schema, `${path}[${at}]`))
  if (!isRecord(value)) return []
  const properties = (schema.properties ?? {}) as Record<string, Schema>
  const missing = ((schema.required ?? []) as Array<string>).filter((key) => !(key in value))
  return [
    ...missing.map((key) => `${path}.${key} is missing`),
    ...Object.entries(value).flatMap(([key, each]) => {
      const known = properties[key]
      if (known !== undefined) return problemsIn(each, known, `${path}.${key}`)
      if (schema.additionalProperties === false) return [`${path}.${key} is not in the schema`]
      return isRecord(schema.additionalProperties)
        ? problemsIn(each, schema.additionalProperties, `${path}.${key}`)
        : []
    })
  ]
}

/** The fields that the schema names at its top. */
export const fieldsOfSchema = Object.keys(root.properties as object)
