/** Single jobs started with arguments, joined through their handles; what they print is seen in the parent. */
import { createPool, Task } from "holdfast"

export const greet = Task.spread(import.meta, "greet", (name: string, times: number) => {
  for (let i = 1; i <= times; i++) console.log(`hello ${name}, ${i}`)
  return `${name} was greeted ${times} times`
})

if (import.meta.main) {
  await using pool = await createPool({ workers: 2 })
  const ann = pool.submit(greet, ["Ann", 2])
  const bob = pool.submit(greet, ["Bob", 3])
  console.log(await ann.result())
  console.log(await bob.result())
}
