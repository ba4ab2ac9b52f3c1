/**
 * Writes what the declarations of options document into the types that `tsc` has built from them, so that an editor
 * shows it where somebody sets one: TypeScript can't read it from a value. Fails where an option is not found.
 *
 *   node ../document-options.mjs dist/options/pool-table dist/options/call-table
 */
import { readFileSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"

const commentOn = ({ documentation, defaultText, defaultIsCode }) => {
  const standard = defaultIsCode ? `\`${defaultText}\`` : defaultText
  return `/** ${documentation} Default: ${standard}. */`.replaceAll("*/", "*\\/").replace(/\*\\\/$/, "*/")
}

for (const path of process.argv.slice(2)) {
  const tables = await import(pathToFileURL(resolve(`${path}.js`)).href)
  let types = readFileSync(`${path}.d.ts`, "utf8")
  for (const [table, options] of Object.entries(tables)) {
    const at = types.indexOf(`export declare const ${table}: {`)
    if (at === -1) throw new Error(`${path}.d.ts declares no ${table}`)
    for (const [name, option] of Object.entries(options)) {
      const line = new RegExp(`^ +${name}: `, "m")
      const rest = types.slice(at)
      if (!line.test(rest)) throw new Error(`${path}.d.ts: ${table} has no ${name}`)
      types = types.slice(0, at) + rest.replace(line, (key) => `    ${commentOn(option)}\n${key}`)
    }
  }
  writeFileSync(`${path}.d.ts`, types)
}
