import type { MemoryStorage } from "../storage/memory_storage.ts";

/** A state after a crash in which the check of an exploration fails. */
export class ExplorationError extends Error {
  /** The class's name. */
  override readonly name = "ExplorationError";

  /** Made by {@linkcode explore}; `cause` is what the check threw. */
  constructor(
    message: string,
    /** The line that replays it; see `ExploreOptions`. */
    readonly replay: string,
    /** The disk as the check found it; the smallest of those that fail. */
    readonly storage: MemoryStorage,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}
