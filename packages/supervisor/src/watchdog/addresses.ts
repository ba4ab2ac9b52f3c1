/**
 * The remote address of a TCP socket that is still connecting, and of sockets that libuv only polls, such as those of a
 * DNS query: neither Node nor libuv tells it, Linux does. Not the addresses of connected sockets, which `waiting.ts` has from Node's report.
 */
import { readFileSync, readlinkSync } from "node:fs"

/** `0100007F` as `127.0.0.1`: words of four bytes, each in the machine's order. */
const hostOf = (hex: string): string => {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, "hex").reverse()])
  if (bytes.length === 4) return bytes.join(".")
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16)
  )
  // As a URL writes it, which shortens the zeros.
  return new URL(`http://[${groups.join(":")}]`).hostname
}

type Protocol = "tcp" | "udp"

/** `127.0.0.1:5432` for the descriptor of a socket; undefined where the kernel does not tell. */
export const remoteOf = (descriptor: number, protocol: Protocol): string | undefined => {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1]
    if (inode === undefined) return undefined
    for (const table of [`/proc/self/net/${protocol}`, `/proc/self/net/${protocol}6`]) {
      for (const row of readFileSync(table, "latin1").split("\n").slice(1)) {
        const fields = row.trim().split(/\s+/)
        if (fields[9] !== inode) continue
        const [host = "", port = ""] = fields[2]?.split(":") ?? []
        const isNone = /^0*$/.test(host)
        return isNone ? undefined : `${hostOf(host)}:${Number.parseInt(port, 16)}`
      }
    }
  } catch {
    // No /proc, or the socket has just gone.
  }
  return undefined
}
