/**
 * The registry of objects that cross as something else: each kind is described by plain data on one side and made
 * anew from it on the other. Errors are one kind, handles of shared memory can be another. Not how the data gets
 * into the bytes: that is `value-stream.ts`.
 */

/** One kind of object that crosses as plain data. */
export interface Substitution {
  /** Marks it on the wire; both ends know it by the same number. */
  readonly tag: number
  /** True for kinds that are typed arrays or DataViews themselves, which are asked for at no other place. */
  readonly views: boolean
  /** Must not throw, nor run code of the object. */
  matches(object: object): boolean
  /** Why a view can't cross just now; completes the sentence that starts with its path. */
  refuses?(view: object): string | undefined
  /** Data that plain v8 serialisation keeps. */
  encode(object: object): unknown
  decode(data: unknown): object
}

const objects: Array<Substitution> = []
const views: Array<Substitution> = []
const byTag = new Map<number, Substitution>()

/** Adds a kind, once for both directions. A tag in use by another kind is an error. */
export const registerSubstitution = (substitution: Substitution): void => {
  const known = byTag.get(substitution.tag)
  if (known === substitution) return
  if (known !== undefined) throw new Error(`two substitutions with tag ${substitution.tag}`)
  byTag.set(substitution.tag, substitution)
  const kinds = substitution.views ? views : objects
  kinds.push(substitution)
}

/** The kind an object that is no view belongs to. */
export const substitutionFor = (object: object): Substitution | undefined => {
  for (const each of objects) if (each.matches(object)) return each
  return undefined
}

/** The kind a typed array or DataView belongs to. */
export const viewSubstitutionFor = (view: object): Substitution | undefined => {
  for (const each of views) if (each.matches(view)) return each
  return undefined
}

export const substitutionOf = (tag: number): Substitution | undefined => byTag.get(tag)
