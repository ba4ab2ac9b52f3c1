import { readFileSync } from "node:fs"
import { expect, it } from "vitest"

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly resolved?: string
}

const packages: ReadonlyArray<readonly [string, Locked]> = Object.entries(JSON.parse(text).packages)

it("locks every platform's optional package, or npm ci refuses where the registry lacks one of them", () => {
  const paths = new Set(packages.map(([path]) => path))
  const wanted = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({
      name,
      places: [`node_modules/${name}`, `${path}/node_modules/${name}`]
    }))
  )
  expect(wanted.length).toBeGreaterThan(0)
  expect(wanted.filter(({ places }) => !places.some((place) => paths.has(place))).map(({ name }) => name)).toEqual([])
})

it("names no registry and no path of anybody's machine", () => {
  const resolved = packages.flatMap(([, { resolved }]) => resolved ?? [])
  expect(resolved.filter((source) => !source.startsWith("packages/"))).toEqual([])
  expect(text).not.toMatch(/registry|"file:|"\/|"~\//)
})
