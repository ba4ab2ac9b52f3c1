/**
 * Where a definition stands: the module and the export by which a worker finds it again.
 */

/** Where a definition stands: `import.meta`, or anything with the module's `url`. */
export interface ModuleRef {
  readonly url: string
}

/** Stands where a type is carried that has no value. */
export const phantom = undefined as never

/** Throws where a definition does not say where it stands. */
export const checkName = (constructor: string, meta: ModuleRef, name: string): void => {
  if (typeof meta?.url !== "string") {
    throw new TypeError(`${constructor}: the first argument must be import.meta (or { url }), received ${String(meta)}`)
  }
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`${constructor}: the second argument must be the export's name, received ${String(name)}`)
  }
}
