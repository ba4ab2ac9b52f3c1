/** The child of `bare-pieces.ts`: sends each array back, its ends changed. */
import { Socket } from "node:net"
import { work } from "../runner/work.ts"
import { endOf } from "./pieces.ts"

const channel = new Socket({ fd: 3, readable: true, writable: true })
const end = endOf(channel, { incoming: 4, outgoing: 5, bytes: Number(process.argv[2]) })
end.onArray((array) => end.send(work.touchEnds(array)))
channel.on("end", () => process.exit())
