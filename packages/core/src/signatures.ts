/** What a task takes and gives, worked out from the type of its function. Types only. */

/** What a function yields that returned `A`: never, if it is no generator. */
export type Yielded<A> = A extends Generator<infer Y, unknown, never> | AsyncGenerator<infer Y, unknown, never>
  ? Y
  : never

/** What a task's function comes to that returned `A`. */
export type Returned<A> = A extends Generator<unknown, infer V, never> | AsyncGenerator<unknown, infer V, never>
  ? Awaited<V>
  : Awaited<A>

/**
 * What is left of an input once the fields `F` are bound: of a union, of each member that they fit, since `Omit` of all
 * of it would keep the fields that every member has, and lose all others.
 */
export type Unbound<I, F> = I extends object ? ([F & I] extends [never] ? never : Omit<I, keyof F>) : Omit<I, keyof F>

/** What can be bound of an input: fields, where it is an object that has some. */
export type Bindable<I> = unknown extends I
  ? object
  : I extends ReadonlyArray<unknown>
    ? never
    : I extends object
      ? Partial<I>
      : never

type FieldOf<I> = I extends unknown ? keyof I : never

/**
 * Refuses fields that no member of an input has: a bound one that is misspelt would be sent to each worker, and the job
 * run without it. TypeScript looks for such fields only where a parameter's type is not taken from its argument.
 */
export type NoOthers<I, F> = unknown extends I ? unknown : { readonly [K in Exclude<keyof F, FieldOf<I>>]: never }

/** Whether a function has no parameter. One whose first is optional, or of a rest, fits `() => A` as well. */
export type TakesNone<F> = F extends (...parameters: infer P) => unknown
  ? P extends readonly []
    ? true
    : false
  : false
