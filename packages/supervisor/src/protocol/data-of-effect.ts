/**
 * Data of Effect (an `Option`, a `Duration`): v8 keeps its fields and not what it is, so that a `None` would arrive as
 * `{}`. Known by the keys that Effect puts on its prototypes (`"~effect/Option"`), whichever copy of Effect made it.
 */

/** `~effect/Schema/Class/User` is a class of the program's own, whose fields are all there is to it. */
const TYPE_ID = /^~effect\/([A-Z]\w*)$/

/** What may be anything's: two ways to be compared. */
const TRAITS: ReadonlySet<string> = new Set(["Equal", "Hash"])

/** By what they are, where a schema has another name or there is one at all. */
const SCHEMAS: ReadonlyMap<string, string> = new Map([
  ...["BigDecimal", "Cause", "Chunk", "Duration", "Exit", "HashMap", "HashSet", "Option", "Redacted", "Result"].map(
    (name) => [name, name] as const
  ),
  ["DateTime", "DateTimeUtc"]
])

/** What an object's own keys say it is: a trait where they say no more. */
const typeIn = (object: object): string | undefined => {
  let found: string | undefined
  for (const key of Object.getOwnPropertyNames(object)) {
    const name = TYPE_ID.exec(key)?.[1]
    if (name === undefined) continue
    found = name
    if (!TRAITS.has(name)) break
  }
  return found
}

/** What objects with this prototype are by their class. */
const typeOfClass = (prototype: object): string | undefined => {
  let found: string | undefined
  for (let each: object | null = prototype; each !== null; each = Object.getPrototypeOf(each)) {
    const name = each === Object.prototype ? undefined : typeIn(each)
    if (name !== undefined && !TRAITS.has(name)) return name
    found ??= name
  }
  return found
}

const judged = new WeakMap<object, string>()

const knownType = (prototype: object): string | undefined => {
  const known = judged.get(prototype) ?? typeOfClass(prototype) ?? ""
  judged.set(prototype, known)
  return known === "" ? undefined : known
}

/** Why an object of this kind can't cross: "is an Option of Effect …"; undefined for what is none. */
export const refusedOfEffect = (object: object): string | undefined => {
  const prototype: object | null = Object.getPrototypeOf(object)
  if (prototype === null || prototype === Object.prototype) return undefined
  const ofClass = knownType(prototype)
  if (ofClass === undefined) return undefined
  // A Cause and a HashMap have it themselves.
  const name = TRAITS.has(ofClass) ? typeIn(object) : ofClass
  if (name === undefined || TRAITS.has(name)) return undefined
  if (name === "Effect") return "is an Effect that nobody has run"
  const schema = SCHEMAS.get(name)
  const advice = schema === undefined ? "" : `, which needs a schema of the task to cross: Schema.${schema}`
  return `is ${/^[AEIO]/.test(name) ? "an" : "a"} ${name} of Effect${advice}`
}
