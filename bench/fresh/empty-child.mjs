/** What a bare fork starts: a module of nothing but its answer. */
process.on("message", (n) => process.send?.(n * n))
