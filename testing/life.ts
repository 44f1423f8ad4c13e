import type { MemoryStorage } from "../storage/memory_storage.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/**
 * One life of a program that is put to the test: from its start until it ends
 * or dies. What it noted outlives it, as if it had told a witness.
 */
export interface Life<Fact> {
  /** What the last life left; in the first one, an empty directory. */
  readonly storage: MemoryStorage;
  /** Time of this life, which begins at 0; it passes when nothing else does. */
  readonly clock: VirtualClock;
  /** What was noted in earlier lives and still binds, oldest first. */
  readonly facts: readonly Fact[];
  /**
   * Notes a fact, which is plain data, as known to the world from now on. One
   * at `"disk"` (default) binds after every death, one at `"os"` only while
   * power is not lost.
   */
  note(fact: Fact, level?: "os" | "disk"): void;
}

/** What is done in one life; resolves when it ends by itself. */
export type LifeBody<Fact> = (life: Life<Fact>) => Promise<void>;
