/**
 * Imports that the layer rules forbid, and their neighbours that they let pass, by the place where they stand. Not
 * the rules themselves, which are in biome.json and lint/.
 */

/** Lines of source, each of which would be a file of its own in this place. */
export interface Place {
  /** A file's path; a `*` in it becomes a number of the test's own. */
  readonly file: string
  readonly sources: ReadonlyArray<string>
}

/** A place in which lint must object to each of the lines. */
export interface Forbidden extends Place {
  /** Part of what lint has to say. */
  readonly says: string
}

export const forbidden: ReadonlyArray<Forbidden> = [
  {
    file: "packages/core/src/*.ts",
    says: "core is pure",
    sources: [
      `export * from "node:fs"`,
      `export type { Stats } from "node:fs"`,
      `export { pino } from "pino"`,
      `export type { Effect } from "effect"`,
      `export * from "@holdfast/supervisor"`,
      `export * from "../../supervisor/src/index.ts"`,
      `export * from "./../../supervisor/src/index.ts"`
    ]
  },
  {
    file: "packages/core/src/*.ts",
    says: "may import effect and @holdfast/supervisor as types only",
    sources: [
      `import { fail } from "effect/Effect"\nexport const no = fail("no")`,
      `import { type Effect, fail } from "effect/Effect"\nexport const no: Effect<never, string> = fail("no")`,
      `import "effect/Effect"`,
      `export { fail } from "effect/Effect"`,
      `export * as Effect from "effect/Effect"`,
      `export const load = () => import("effect/Schema")`
    ]
  },
  {
    file: "packages/core/src/*.ts",
    says: "Do not use the global variable",
    sources: ["export const id = process.pid", "export const bytes = Buffer.alloc(1)"]
  },
  {
    file: "packages/supervisor/src/slot/*.ts",
    says: "dependencies go one way",
    sources: [
      `export * from "holdfast"`,
      `export type * from "holdfast"`,
      `export * from "@holdfast/examples"`,
      `export * from "@holdfast/core/src/Task.ts"`
    ]
  },
  {
    file: "packages/supervisor/src/slot/*.ts",
    says: "its exports map is the only gate",
    sources: [`export * from "../../../core/src/Task.ts"`, `export * from "../../../examples/src/main.ts"`]
  },
  {
    file: "packages/supervisor/src/slot/*.ts",
    says: "The barrel costs 300 ms",
    sources: [`export { Effect } from "effect"`, `export type { Effect } from "effect"`]
  },
  {
    file: "packages/supervisor/src/reporting/*.ts",
    says: "pino has one owner",
    sources: [`export { pino } from "pino"`, `export type { Logger } from "pino"`, `export * from "pino-pretty"`]
  },
  {
    file: "packages/supervisor/src/slot/*.ts",
    says: "isn't specified in packages/supervisor/package.json",
    sources: [`export * from "execa"`]
  },
  {
    file: "packages/supervisor/src/reporting/pino-sink.ts",
    says: "node:cluster is used nowhere",
    sources: [`export { pino } from "pino"\nexport * from "cluster"`]
  },
  {
    file: "packages/supervisor/src/worker/*.ts",
    says: "The child's side imports core, protocol, watchdog",
    sources: [
      `export * from "../scheduler/queue.ts"`,
      `export type * from "../slot/state.ts"`,
      `export * from "../transport/process.ts"`,
      `export * from "../reporting/sink.ts"`,
      `export * from "../options/declaration.ts"`,
      `export * from "../index.ts"`,
      `export { pino } from "pino"`,
      `export * from "piscina"`,
      `export * from "p-retry"`,
      `export * from "holdfast"`,
      `export * from "node:cluster"`,
      `export { fail } from "effect/Effect"`,
      `export const load = () => import("effect/Effect")`
    ]
  },
  {
    file: "packages/supervisor/src/watchdog/*.ts",
    says: "The child's side imports core, protocol, watchdog",
    sources: [`export * from "../slot/state.ts"`, `export { fail } from "effect/Effect"`]
  },
  {
    file: "packages/supervisor/src/protocol/*.ts",
    says: "The child's side imports core, protocol, watchdog",
    sources: [`export * from "../slot/state.ts"`, `export { fail } from "effect/Effect"`]
  },
  {
    file: "packages/supervisor/src/worker/effect-*.ts",
    says: "The child's side imports core, protocol, watchdog",
    sources: [`export { Effect } from "effect"`, `export * from "../scheduler/queue.ts"`]
  },
  {
    file: "packages/supervisor/src/worker/*.ts",
    says: "use a dynamic import()",
    sources: [`import { run } from "./effect-run.ts"\nexport const go = run`, `export * from "../worker/effect-run.ts"`]
  },
  {
    file: "packages/supervisor/src/watchdog/*.cts",
    says: "The child's side requires Node's modules",
    sources: [
      `exports.state = require("../slot/state.ts")`,
      `exports.cluster = require("node:cluster")`,
      `exports.pino = require("pino")`
    ]
  },
  {
    file: "packages/holdfast/src/*.ts",
    says: "dependencies go one way",
    sources: [`export * from "@holdfast/examples"`, `export * from "@holdfast/supervisor/dist/index.js"`]
  },
  {
    file: "packages/holdfast/src/*.ts",
    says: "its exports map is the only gate",
    sources: [`export * from "../../supervisor/src/index.ts"`, `export * from "../../core/src/index.ts"`]
  },
  {
    file: "packages/holdfast/src/*.ts",
    says: "The barrel costs 300 ms",
    sources: [`export { Effect } from "effect"`]
  },
  {
    file: "packages/holdfast/src/*.ts",
    says: "pino has one owner",
    sources: [`export { pino } from "pino"`]
  },
  {
    file: "packages/holdfast/src/worker.ts",
    says: "may import effect and @holdfast/supervisor as types only",
    sources: [`export { createPool } from "@holdfast/supervisor"`]
  },
  {
    file: "packages/examples/src/census/*.ts",
    says: "Examples import what a user would",
    sources: [
      `export * from "@holdfast/core"`,
      `export * from "@holdfast/supervisor"`,
      `export * from "../../../supervisor/src/index.ts"`
    ]
  },
  {
    file: "packages/examples/src/*.ts",
    says: "Examples leave workers, logs and retries to holdfast",
    sources: [`export { pino } from "pino"`, `export * from "node:cluster"`]
  },
  {
    file: "packages/examples/src/*.ts",
    says: "isn't specified in packages/examples/package.json",
    sources: [`export * from "execa"`]
  },
  { file: "test/*.test.ts", says: "node:cluster is used nowhere", sources: [`export * from "node:cluster"`] },
  { file: "bench/*.ts", says: "node:cluster is used nowhere", sources: [`export * from "cluster"`] },
  {
    file: "test/*.test.ts",
    says: "its exports map is the only gate",
    sources: [`export * from "@holdfast/core/src/Task.ts"`, `export * from "holdfast/dist/index.js"`]
  },
  {
    file: "packages/supervisor/src/slot/there.ts",
    says: "noImportCycles",
    sources: [`import { back } from "./back.ts"\nexport const there = (): number => back()`]
  },
  {
    file: "packages/supervisor/src/slot/back.ts",
    says: "noImportCycles",
    sources: [`import { there } from "./there.ts"\nexport const back = (): number => there()`]
  }
]

export const allowed: ReadonlyArray<Place> = [
  {
    file: "packages/core/src/*.ts",
    sources: [
      `import type { Effect } from "effect/Effect"\nexport type Nothing = Effect<void>`,
      `export type { Codec } from "effect/Schema"`,
      `export * from "./Task.ts"`
    ]
  },
  {
    file: "packages/supervisor/src/slot/*.ts",
    sources: [
      `export { fail } from "effect/Effect"`,
      `export { Task } from "@holdfast/core"`,
      `export * from "../protocol/messages.ts"`,
      `export { spawn } from "node:child_process"`
    ]
  },
  {
    file: "packages/supervisor/src/worker/*.ts",
    sources: [
      `export { setTimeout } from "node:timers/promises"`,
      `export { Task } from "@holdfast/core"`,
      `export * from "../protocol/messages.ts"`,
      `export * from "../watchdog/start.ts"`,
      `export const load = () => import("./effect-run.ts")`,
      `export class Lazy {\n  /** Made from what a task needs. */\n  load = () => import("./effect-run.ts")\n}`,
      `export type { Run } from "./effect-run.ts"`
    ]
  },
  { file: "packages/supervisor/src/worker/effect-*.ts", sources: [`export { fail } from "effect/Effect"`] },
  {
    file: "packages/supervisor/src/watchdog/*.cts",
    sources: [
      `exports.fs = require("node:fs")`,
      `exports.sample = require("./sample.cts")`,
      "exports.sample = require(`./sample${__filename.slice(-4)}`)"
    ]
  },
  {
    file: "packages/holdfast/src/*.ts",
    sources: [
      `export * from "@holdfast/core"`,
      `export * from "@holdfast/supervisor"`,
      `export * from "@holdfast/supervisor/command"`
    ]
  },
  {
    file: "packages/examples/src/*.ts",
    sources: [
      `export { Task } from "holdfast"`,
      `export { Effect } from "effect"`,
      `export { parseSync } from "oxc-parser"`,
      `export { readFile } from "node:fs/promises"`
    ]
  },
  { file: "test/*.test.ts", sources: [`export * from "../packages/supervisor/src/slot/state.ts"`] }
]
