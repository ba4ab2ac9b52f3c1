/**
 * Objects that are kept for their shape alone. V8 forgets the hidden class of a kind of object of which none lives
 * when it marks its heap; the next one then has it made anew, field by field, in the old space, where allocating is
 * what makes V8 look whether it is time to mark again, and the code compiled for the old one is thrown away. Where
 * every job brings large buffers, which count towards that, each marking so brought about the next. Not a cache:
 * nothing reads what is kept here.
 */
const kept: Array<object> = []

/** Keeps an object that is as those of its kind will be: a field that will hold fractions must hold one here. */
export const keepShape = (like: object): void => {
  kept.push(like)
}

// Node's own: a pool makes one each time that it has nothing more to do.
const immediate = setImmediate(() => undefined)
clearImmediate(immediate)
keepShape(immediate)
