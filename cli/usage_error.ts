/** The arguments make no sense. */
export class UsageError extends Error {
  /** The class's name. */
  override readonly name = "UsageError";
}
