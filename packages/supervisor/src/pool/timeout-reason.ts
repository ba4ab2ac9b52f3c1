/** What the signal of a job is aborted with once a limit has passed: what `AbortSignal.timeout` gives is named so, too. */
export const timeoutReason = (message: string): Error =>
  // Not assigned: where Error.prototype is frozen, that would throw.
  Object.defineProperty(new Error(message), "name", {
    value: "TimeoutError",
    enumerable: true,
    writable: true,
    configurable: true
  })
