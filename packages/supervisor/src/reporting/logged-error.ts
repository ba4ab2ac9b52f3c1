/**
 * A failure as the log has it. Holdfast's own go there as they are; of what a task itself failed with only its facts do,
 * for its class and its fields are anyone's: secrets among them, getters that throw, or an object that can't be written
 * to, as pino's serializer does.
 */
import { isJobError, type JobSummary } from "@holdfast/core"
import { maskOf } from "../failure/mask-of.ts"
import { nameOf } from "../protocol/error-facts.ts"
import { isError } from "../protocol/native-errors.ts"
import { errorRecord } from "../reports/error-record.ts"
import type { ErrorRecord } from "../reports/FailureReport.ts"

const hidden = (value: unknown): PropertyDescriptor => ({ value, configurable: true, writable: true })

/** An error still, for whoever's serializer asks for that; pino's goes by the name of its constructor. */
const errorOf = ({ cause, errors, fields, message, name, stack, tag }: ErrorRecord): Error => {
  const error = Object.create(Error.prototype, {
    constructor: hidden(Object.defineProperty(() => undefined, "name", { value: name })),
    name: hidden(name),
    message: hidden(message),
    stack: hidden(stack.join("\n")),
    ...(cause === undefined ? {} : { cause: hidden(errorOf(cause)) }),
    ...(errors === undefined ? {} : { errors: hidden(errors.map(errorOf)) })
  }) as Error
  return Object.assign(error, tag === undefined ? {} : { _tag: tag }, fields)
}

/** `job`: whose failure it is, whose pool has said what is masked. */
export const loggedError = (error: unknown, job?: JobSummary): unknown => {
  if (isJobError(error) || typeof error !== "object" || error === null) return error
  const record = errorRecord(error, maskOf(job))
  return errorOf(isError(error) ? { ...record, name: nameOf(error, "Error") } : record)
}
