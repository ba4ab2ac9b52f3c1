/** The command line of `npm run bench`: what was asked for, or one message that says what is wrong and how to mend it. */
import { parseArgs } from "node:util"

export interface Asked {
  /** Names of measurements; empty means all. */
  readonly names: ReadonlyArray<string>
  readonly rounds: number | undefined
  readonly quick: boolean
  readonly detail: boolean
  readonly json: boolean
  readonly build: boolean
  readonly help: boolean
}

/** The command line can't be understood; the message is for whoever typed it. */
export class Misused extends Error {}

export const usage = (known: ReadonlyArray<{ readonly name: string; readonly title: string }>): string => `\
npm run bench [-- [NAME…] [OPTION…]]

${known.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

  --rounds N   rounds of each comparison (default: 3 to 9, by measurement)
  --quick      fewer rounds of smaller batches: a look, not a result
  --detail     more on one measurement, such as the slowest parts of the import
  --json       print JSON in place of tables
  --no-build   measure packages/*/dist as they are, without building them first
  --help       this`

/** Understands the arguments. Throws {@link Misused}. */
export const readCommand = (args: ReadonlyArray<string>, known: ReadonlyArray<string>): Asked => {
  const { values, positionals } = parse(args)
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Misused(`no measurement is called ${unknown.join(", ")}: there are ${known.join(", ")}`)
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1))
    throw new Misused(`--rounds: expected a whole number of at least 1, received ${JSON.stringify(values.rounds)}`)
  const { quick = false, detail = false, json = false, build = true, help = false } = values
  return { names: positionals, rounds, quick, detail, json, build, help }
}

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        rounds: { type: "string" },
        quick: { type: "boolean" },
        detail: { type: "boolean" },
        json: { type: "boolean" },
        build: { type: "boolean" },
        help: { type: "boolean", short: "h" }
      }
    })
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : String(error))
  }
}
