#!/usr/bin/env node
/**
 * What `npm` links as `holdfast`: there before anything is built, and readable to any Node, so that one that is too
 * old says so. The program is `src/bin.ts`.
 */
const [major, minor] = process.versions.node.split(".").map(Number)
if (major > 22 || (major === 22 && minor >= 19)) import("../dist/bin.js")
else {
  process.stderr.write(`holdfast: Node 22.19 or later is needed, this is ${process.version}\n`)
  process.exitCode = 2
}
