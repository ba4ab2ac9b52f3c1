/**
 * The refusal of a value that can't cross to another process. Not the user's failure made of it: that is core's
 * `NotSerializable`, which adds the side and the job.
 */

/** A value, or something inside it, can't cross. `path` leads from the value to it: `.items[3].onClick`, or empty. */
export class Unserializable extends Error {
  readonly path: string

  /** `message` completes the sentence that starts with the path: "is a function". */
  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }

  override get name(): string {
    return "Unserializable"
  }
}
