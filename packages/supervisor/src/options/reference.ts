/**
 * The reference documentation of all options, from their declarations. Prose about them is in `docs/`.
 */
import type { Scope } from "./declaration.ts"
import { declarations, type Named } from "./given.ts"

/** One option, as the reference shows it. */
export interface OptionRow {
  readonly name: string
  readonly scopes: ReadonlyArray<Scope>
  readonly type: string
  readonly default: string
  readonly documentation: string
}

const rowOf = ({ name, on, check, defaultText, documentation }: Named): OptionRow => ({
  name,
  scopes: on,
  type: check.type,
  default: defaultText,
  documentation
})

/** Every option, a pool's own first; one that means something else for many jobs than for one has two rows. */
export const describeOptions = (): Array<OptionRow> => declarations.map(rowOf)

const HEAD = ["| Option | Set on | Type | Default | What it does |", "|---|---|---|---|---|"]

const escaped = (text: string): string => text.replaceAll("|", "\\|")
const code = (text: string): string => `\`${escaped(text)}\``

const lineOf = (option: Named): string => {
  const row = rowOf(option)
  const standard = option.defaultIsCode ? code(row.default) : escaped(row.default)
  const cells = [code(row.name), row.scopes.join(", "), code(row.type), standard, escaped(row.documentation)]
  return `| ${cells.join(" | ")} |`
}

/** All options as a table in Markdown. */
export const optionsReference = (): string => `${[...HEAD, ...declarations.map(lineOf)].join("\n")}\n`
