/** Node streams as inputs: how their errors are kept from ending the program, and how one is ended at once. */

interface NodeStream {
  readonly pipe?: unknown
  destroy?(): void
  on?(event: string, act: () => void): void
  off?(event: string, act: () => void): void
}

const streamIn = (inputs: unknown): NodeStream | undefined => {
  const stream = Object(inputs) as NodeStream
  try {
    return typeof stream.pipe === "function" && typeof stream.destroy === "function" ? stream : undefined
  } catch {
    // What can't be looked at is no stream: its call fails with it once it is read.
    return undefined
  }
}

const forgive = (): void => undefined

const heard = new WeakSet<object>()

/**
 * Listens to a stream's errors from the call on that is given it until it is closed: its iterator listens only once it
 * is read, for which a worker has to be there, and not at all where the call is refused. An error that nobody listens
 * to would end the program. Its iterator fails with it all the same. Does nothing for other inputs.
 */
export const hearErrors = (inputs: unknown): void => {
  const stream = streamIn(inputs)
  if (stream === undefined || heard.has(stream)) return
  heard.add(stream)
  const closed = (): void => {
    heard.delete(stream)
    stream.off?.("close", closed)
    stream.off?.("error", forgive)
  }
  stream.on?.("error", forgive)
  stream.on?.("close", closed)
}

/** How a stream is ended at once: while it waits, its iterator's `return` waits with it. Undefined for other inputs. */
export const destroyerOf = (inputs: unknown): (() => void) | undefined => {
  const stream = streamIn(inputs)
  if (stream === undefined) return undefined
  // Whoever may destroy it answers for what that fails with, whether or not its call has heard it from the start.
  hearErrors(stream)
  return () => stream.destroy?.()
}
