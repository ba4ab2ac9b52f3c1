/** A fresh process that imports one module, named by its argument, and says how long that took. */
const [specifier] = process.argv.slice(2)
const startedAt = performance.now()
await import(specifier)
const measured = performance.now() - startedAt
console.log(JSON.stringify({ measured, count: 0, digest: 1 }))
// Not `process.exit`: nothing that is merely imported may keep a process alive.
