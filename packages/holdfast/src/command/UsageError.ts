/** What was asked for can't be done as it was said: nothing has been run. Its message says what to write instead. */
export class UsageError extends Error {
  override get name(): string {
    return "UsageError"
  }
}
