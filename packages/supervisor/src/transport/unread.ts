/**
 * What a worker has said and nobody has read yet, when its end is noticed by writing to it: Node then closes the
 * socket, with all that lies in it. A worker's last answers would be lost so, and its jobs run twice. Reads no
 * messages: what it finds comes as any other data.
 */
import { readSync } from "node:fs"
import type { Duplex } from "node:stream"

const AT_ONCE = 64 * 1024

/** Its descriptor, which Node does not tell otherwise. */
const descriptorOf = (socket: Duplex): number => {
  const handle: unknown = Reflect.get(socket, "_handle")
  const descriptor: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined
  return typeof descriptor === "number" ? descriptor : -1
}

const drain = (socket: Duplex): void => {
  const descriptor = descriptorOf(socket)
  if (descriptor < 0) return
  try {
    for (;;) {
      const bytes = Buffer.alloc(AT_ONCE)
      const length = readSync(descriptor, bytes)
      if (length === 0) return
      socket.emit("data", bytes.subarray(0, length))
    }
  } catch {
    // EAGAIN: there is no more. ECONNRESET: the other end has gone.
  }
}

/** Has a socket that is closed for an error deliver first what it holds. */
export const deliverUnread = (socket: Duplex): void => {
  const destroy = socket._destroy.bind(socket)
  socket._destroy = (error, callback) => {
    if (error !== null) drain(socket)
    destroy(error, callback)
  }
}
