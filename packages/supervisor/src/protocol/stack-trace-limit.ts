/**
 * How many frames V8 keeps of the errors that are made from here on. Not which of them are shown.
 */

/** Where `Error` is frozen, as `--frozen-intrinsics` and SES have it, the limit stays as it is: assigning it would throw. */
export const limitStackTraces = (frames: number): void => {
  Reflect.set(Error, "stackTraceLimit", frames)
}
