/** Contenders as measurements name them: by their program's file, below `contenders/` or `fresh/`. Starts none. */
import type { Contender } from "./Measurement.ts"

type Read = Pick<Contender, "digest" | "read">
/** Of a program, in their order: what it is to do, how often, and more that it asks for. Undefined for no argument. */
type Args = ReadonlyArray<string | number | undefined>

const entrant = (name: string, file: string, args: Args, fresh: boolean, { digest, read }: Read): Contender => ({
  name,
  runtime: file.endsWith(".py") ? "python3" : "node",
  file: `${fresh ? "fresh" : "contenders"}/${file}`,
  args: args.filter((arg) => arg !== undefined).map(String),
  fresh,
  digest,
  read
})

/** One of `contenders/`, which lives through all rounds. */
export const lasting = (name: string, file: string, args: Args, read: Read): Contender =>
  entrant(name, file, args, false, read)

/** One of `fresh/`, started anew for each round. */
export const fresh = (name: string, file: string, args: Args, read: Read): Contender =>
  entrant(name, file, args, true, read)

/** Items per second, of so many in a round. */
export const perSecond =
  (count: number): Contender["read"] =>
  ({ measured }) =>
    count / (measured / 1000)
