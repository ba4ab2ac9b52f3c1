/** The primes up to a million: a module that takes a while to import. It says where it is. */
const limit = 1_000_000
const isComposite = new Uint8Array(limit + 1)
for (let n = 2; n * n <= limit; n++) for (let m = n * n; m <= limit; m += n) isComposite[m] = 1

export const primes = Array.from(isComposite.keys()).filter((n) => n > 1 && isComposite[n] === 0)

console.log(`primes found in ${process.pid}`)
