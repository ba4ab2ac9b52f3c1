/**
 * State that all copies of Holdfast's code in one thread share. An installed worker has a copy of its own, joined into
 * one file, and a task that makes a pool loads the program's beside it: what the one has made, the other must know.
 */

/** What is kept under this name, made by whoever asks first. */
export const oneForAll = <A extends object>(name: string, make: () => A): A => {
  const key = Symbol.for(`holdfast/${name}`)
  const found = Reflect.get(globalThis, key) as A | undefined
  if (found !== undefined) return found
  const made = make()
  Object.defineProperty(globalThis, key, { value: made })
  return made
}
