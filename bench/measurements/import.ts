/** Time that `import "holdfast"` takes in a fresh parent, and with `--detail` what in it takes it. */
import { fresh } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

const NOTHING = 1

const inside = (specifier: string): Contender =>
  fresh(`import "${specifier}"`, "import.mjs", [specifier], { digest: NOTHING, read: ({ measured }) => measured })

const whole = (name: string, file: string, ...args: Array<string>): Contender =>
  fresh(name, file, args, { digest: NOTHING, read: ({ wallMs }) => wallMs })

export const importing: Measurement = {
  name: "import",
  title: "time to import holdfast in a fresh parent",
  rounds: { full: 9, quick: 3 },
  comparisons: () => [
    {
      title: "the import alone",
      unit: "ms",
      better: "less",
      contenders: [
        inside("holdfast"),
        inside("@holdfast/core"),
        inside("effect/Effect"),
        inside("effect"),
        inside("piscina")
      ],
      aims: [{ against: undefined, limit: 150 }]
    },
    {
      title: "the whole process, from its spawn to its exit",
      unit: "ms",
      better: "less",
      contenders: [whole("node, importing holdfast", "import.mjs", "holdfast"), whole("bare node", "nothing.mjs")],
      aims: []
    }
  ],
  detail: async () => {
    const { listSubImports } = await import("../runner/sub-imports.ts")
    return listSubImports("holdfast")
  }
}
