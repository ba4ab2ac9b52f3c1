/**
 * How handles are shown, by `console.log` and by `JSON.stringify`: where the job stands, and which it is.
 */
import { type InspectOptions, inspect } from "node:util"
import type { AnyHandle } from "@holdfast/core"

type Shown = Pick<AnyHandle<unknown, unknown>, "status" | "job">

/** What `JSON.stringify` makes of it. */
export const jsonOfHandle = ({ status, job }: Shown): unknown => ({ _id: "Handle", status, job })

/** What `util.inspect` makes of it, on a line: `PromiseHandle { status: 'settled', task: 'square', … }`. */
export const inspectHandle = (name: string, { status, job }: Shown, depth: number, options: InspectOptions): string => {
  if (depth < 0) return `[${name}]`
  const { task, index, key, inputPreview: input, attempts } = job
  const shown = { status, task, ...(key === String(index) ? {} : { key }), index, input, attempts: attempts.length }
  return `${name} ${inspect(shown, { ...options, depth })}`
}
