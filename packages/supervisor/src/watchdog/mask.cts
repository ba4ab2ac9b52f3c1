/**
 * Which names belong to secrets, whose values nobody is shown: of local variables, and of the fields of objects. Goes by
 * names alone; a secret in the middle of a text is not found. CommonJS, so that the watchdog can load it while the main
 * thread spins.
 */

/** What is hidden, in a form that can be sent. */
export interface MaskRules {
  /** Whether names such as `password` and `apiKey` are. */
  readonly usual: boolean
  /** In lower case. */
  readonly names: ReadonlyArray<string>
  readonly patterns: ReadonlyArray<{ readonly source: string; readonly flags: string }>
}

/** What is hidden. */
export interface Mask {
  /** What a worker is told, so that what is hidden doesn't leave it. */
  readonly rules: MaskRules
  /** Whether the value of a name is hidden. Never throws. */
  readonly hides: (name: string, value: unknown) => boolean
  /** Whether `hides` says more than the rules: the user's own function stays in the program. */
  readonly asks: boolean
}

export interface MaskModule {
  /** Whether the value of a name is hidden by these rules. */
  readonly hiderOf: (rules: MaskRules) => (name: string) => boolean
  /** What is shown in its place. */
  readonly MASKED: string
}

/** The names of other things may contain these too (`tokens`, `bypass`): so they are looked for as words. */
const USUAL =
  /(password|passwd|passphrase|passcode)s?\b|\b(pwd|secrets?|token|jwt|auth|authorization|cookies?|credentials?|bearer|(api|access|private|secret|signing|encryption) ?keys?|session ?id)\b/

/** `dbPassword`, `DB_PASSWORD` and `x-api-key` as their words. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .replace(/[^A-Za-z0-9]+/g, " ")
    .toLowerCase()

/** No name says more than its first letters, and a pattern over a long one may take for ever. */
const maxName = 200

/** So many names are remembered. */
const mostKnown = 500

const hiderOf: MaskModule["hiderOf"] = ({ usual, names, patterns }) => {
  const exact = new Set(names)
  // Without `g` and `y`, with which `test` remembers where it left off.
  const tests = patterns.map(({ source, flags }) => new RegExp(source, flags.replace(/[gy]/g, "")))
  const isHidden = (name: string): boolean => {
    if (exact.size > 0 && exact.has(name.toLowerCase())) return true
    if (tests.some((test) => test.test(name))) return true
    return usual && USUAL.test(wordsOf(name))
  }
  // The fields of inputs have the same few names, job after job.
  const known = new Map<string, boolean>()
  return (full) => {
    const name = full.slice(0, maxName)
    const before = known.get(name)
    if (before !== undefined) return before
    if (known.size === mostKnown) known.clear()
    const hidden = isHidden(name)
    // A copy: the name may be a part of a text, all of which it would hold in Node 22 (not in 26).
    known.set(` ${name}`.slice(1), hidden)
    return hidden
  }
}

module.exports = { hiderOf, MASKED: "[masked]" } satisfies MaskModule
