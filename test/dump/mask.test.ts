import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createPool, jobOf, type PoolDump, type PoolOptions } from "holdfast"
import { describe, expect, it } from "vitest"
import { resolvePoolOption } from "../../packages/supervisor/src/options/resolve.ts"
import { computesWithSecrets } from "../fixtures/dumped.ts"
import { collectGarbage } from "../fixtures/shared-ends.ts"

const PATIENCE = { timeout: 25_000, interval: 50 }

const hides = (mask: PoolOptions["mask"], name: string, value?: unknown): boolean =>
  resolvePoolOption("mask", mask, "a test").hides(name, value)

describe("the names whose values are hidden", () => {
  it("are the same however often they are asked for, and among however many others", () => {
    const mask = resolvePoolOption("mask", ["iban", /^card/gi], "a test")
    for (let round = 0; round < 3; round++) {
      // More than are remembered.
      for (let n = 0; n < 700; n++) {
        expect(mask.hides(`field${n}`, 1)).toBe(false)
        expect(mask.hides(`Card${n}`, 1)).toBe(true)
      }
      for (const name of ["IBAN", "apiKey"]) expect(mask.hides(name, 1)).toBe(true)
      for (const name of ["constructor", "__proto__", "hasOwnProperty", ""]) expect(mask.hides(name, 1)).toBe(false)
    }
  })

  it("are remembered without the texts that they were cut out of", async () => {
    const mask = resolvePoolOption("mask", ["iban"], "a test")
    await collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 20; n++) {
      const text = `field ${n} of ${"x".repeat(5e6)}`
      expect([text, text.slice(0, 40)].map((name) => mask.hides(name, 1))).toEqual([false, false])
    }
    await collectGarbage()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30e6)
    expect(mask.hides("password", 1)).toBe(true)
  })

  it.each([
    "password",
    "dbPassword",
    "DB_PASSWORD",
    "userpassword",
    "passwd",
    "passphrase",
    "secret",
    "clientSecret",
    "token",
    "accessToken",
    "x-auth-token",
    "apiKey",
    "API_KEY",
    "apikey",
    "x-api-key",
    "privateKey",
    "Authorization",
    "cookie",
    "set-cookie",
    "credentials",
    "sessionId"
  ])("are by default such as %s", (name) => {
    expect(hides([], name)).toBe(true)
    expect(hides(false, name)).toBe(false)
  })

  it.each(["tokens", "tokenize", "passed", "bypass", "author", "key", "primaryKey", "secretary", "passenger", "n", ""])(
    "are not %s",
    (name) => {
      expect(hides([], name)).toBe(false)
    }
  )

  it("can be added to, by names of any case, patterns, and a function that also sees the value", () => {
    expect(hides(["iban"], "IBAN")).toBe(true)
    expect(hides(["iban"], "password")).toBe(true)
    expect(hides(["iban"], "ibanOf")).toBe(false)
    const pattern = /^card/gi
    expect([hides(pattern, "cardNumber"), hides(pattern, "cardNumber")]).toEqual([true, true])
    expect(hides((_, value) => value === 4711, "n", 4711)).toBe(true)
    expect(hides((_, value) => value === 4711, "n", 4712)).toBe(false)
    expect(hides(() => false, "password")).toBe(true)
  })

  it("are all where the function throws", () => {
    const broken = (): boolean => {
      throw new Error("broken")
    }
    expect(hides(broken, "n")).toBe(true)
  })
})

describe.each(["process", "thread"] as const)("with isolation %s", (isolation) => {
  it("neither dump nor failure shows secrets, of variables, fields and entries", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-mask-"))
    const input = { file: join(folder, "gate"), dbPassword: "hunter2", region: "north" }
    const mask: PoolOptions["mask"] = (name, value) => name === "iban" || name === "number" || value === '"south"'
    const pool = await createPool({ workers: 1, isolation, logger: false, mask })
    try {
      const handle = pool.submit(computesWithSecrets, input, { timeout: "10 minutes" })
      let dump: PoolDump | undefined
      const locals = async () => {
        dump = await pool.dump({ within: "5 seconds" })
        return dump.workers[0]?.frames[0]?.locals
      }
      await expect.poll(locals, PATIENCE).toMatchObject({
        dbPassword: "[masked]",
        connection: '{ host: "db.example.org", apiKey: [masked] }',
        headers: 'Map(2) { "authorization" => [masked], "accept" => "text/plain" }',
        iban: "[masked]",
        tokens: "12",
        region: '"north"'
      })
      expect(dump?.workers[0]?.jobs[0]?.inputPreview).toContain("dbPassword: [masked], region: 'north'")
      handle.cancel()
      await expect(handle.result()).rejects.toSatisfy(
        (error) => jobOf(error)?.inputPreview.includes("[masked]") === true
      )
      const failed = await handle
        .result()
        .catch((error: Error) => `${error.message} ${error.stack} ${JSON.stringify(error)}`)
      expect(`${dump} ${JSON.stringify(dump)} ${failed}`).not.toMatch(/hunter2|DEsecret07/)
    } finally {
      writeFileSync(input.file, "")
      await pool.terminate()
      rmSync(folder, { recursive: true })
    }
  })
})
