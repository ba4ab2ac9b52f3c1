/**
 * Stands between a program and a stream that it writes to, for as long as it is needed, and leaves no trace: whoever
 * replaces `write` meanwhile, or has done so before, finds it as it was left. Not what is done with the writes.
 */

/** Is given how to write, and what; returns what `write` returned. */
export type Around = (write: () => boolean, chunk: unknown, encoding: unknown) => boolean

/** Has each `write` to the stream go through this until the returned function is called. */
export const tapWrites = (stream: NodeJS.WriteStream, around: Around): (() => void) => {
  const before = Object.getOwnPropertyDescriptor(stream, "write")
  const write = stream.write
  let isLive = true
  const tapped = function (this: unknown, ...args: ReadonlyArray<unknown>): boolean {
    const go = (): boolean => Reflect.apply(write, this, args)
    return isLive ? around(go, args[0], args[1]) : go()
  }
  const value = { value: tapped, writable: true, configurable: true, enumerable: before?.enumerable ?? false }
  if (!Reflect.defineProperty(stream, "write", value)) return () => undefined
  return () => {
    // One who has wrapped it goes on to call it, and it passes all on.
    isLive = false
    if (Object.getOwnPropertyDescriptor(stream, "write")?.value !== tapped) return
    if (before === undefined) Reflect.deleteProperty(stream, "write")
    else Object.defineProperty(stream, "write", before)
  }
}
