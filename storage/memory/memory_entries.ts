import type { Choose } from "../../random.ts";
import {
  type LockOptions,
  LogLockedError,
  type StorageLock,
} from "../storage.ts";
import type { FaultModel, MemoryContent } from "./memory_content.ts";

/** Files by name. */
type Entries = Map<string, MemoryContent>;

/** A change to a directory's entries. */
export type Change =
  | { kind: "create" | "remove"; name: string; content: MemoryContent }
  | {
    kind: "rename" | "link";
    name: string;
    to: string;
    content: MemoryContent;
  };

/** A directory's entries: those that are certain, and the changes since. */
export class MemoryEntries {
  readonly #model: FaultModel;
  #certain: Entries = new Map();
  #changes: Change[] = [];
  #seen: Entries = new Map();
  #count = 0;
  /** The last file that was removed: its blocks may be reused. */
  #removed: MemoryContent | undefined;

  constructor(model: FaultModel) {
    this.#model = model;
  }

  /** The names that a reader sees. */
  get names(): string[] {
    return [...this.#seen.keys()];
  }

  /** Number of names that a file has. */
  links(content: MemoryContent): number {
    return [...this.#seen.values()].filter((one) => one === content).length;
  }

  /** Number of changes so far. */
  get changes(): number {
    return this.#count;
  }

  /** The file with that name. */
  get(name: string): MemoryContent | undefined {
    return this.#seen.get(name);
  }

  /** Sets a file durably. */
  put(name: string, content: MemoryContent): void {
    this.#seen.set(name, content);
    this.#certain.set(name, content);
  }

  /** Makes a change that is visible at once, but not yet certain. */
  change(change: Change): void {
    // POSIX: nothing happens if both are names of the same file.
    if (
      change.kind === "rename" && this.#seen.get(change.to) === change.content
    ) {
      return;
    }
    this.#count++;
    this.#changes.push(change);
    apply(this.#seen, change);
    const { kind, content } = change;
    if (kind === "remove" && this.links(content) === 0) this.#removed = content;
  }

  /** Makes the first `count` of all changes ever made certain. */
  sync(count: number = this.#count): void {
    const pending = this.#changes.length - (this.#count - count);
    for (const change of this.#changes.splice(0, Math.max(0, pending))) {
      apply(this.#certain, change);
    }
  }

  /** The entries that power loss leaves. */
  survive(choose: Choose): Entries {
    const entries = new Map(this.#certain);
    if (this.#model.fileSystem === "ext4") {
      const kept = choose(this.#changes.length + 1);
      for (const change of this.#changes.slice(0, kept)) apply(entries, change);
      return entries;
    }
    for (const change of this.#changes) {
      const fate = choose(change.kind === "rename" ? 3 : 2);
      if (fate === 1) apply(entries, change);
      if (fate === 2 && change.kind === "rename") {
        entries.set(change.to, change.content);
      }
    }
    return entries;
  }

  /** Stale bytes that may be where `content` was allocated. */
  staleFor(content: MemoryContent): Uint8Array {
    const others = [...this.#seen.values()].filter((one) => one !== content);
    const stale = this.#removed ?? others[0];
    return stale?.bytes ?? new Uint8Array();
  }

  /** Copies all of `other`, contents included. */
  copyFrom(other: MemoryEntries, cut?: { file: string; bytes: number }): void {
    const copies = new Map<MemoryContent, MemoryContent>();
    const shortened = cut && other.get(cut.file);
    const copy = (content: MemoryContent) => {
      const missing = content === shortened ? cut!.bytes : 0;
      const made = copies.get(content) ?? content.copy(missing);
      copies.set(content, made);
      return made;
    };
    for (const [name, content] of other.#certain) {
      this.#certain.set(name, copy(content));
    }
    for (const [name, content] of other.#seen) {
      this.#seen.set(name, copy(content));
    }
    this.#changes = other.#changes.map((change) => ({
      ...change,
      content: copy(change.content),
    }));
    this.#count = other.#count;
    this.#removed = other.#removed;
  }
}

function apply(entries: Entries, change: Change): void {
  const { kind, name, content } = change;
  if (kind !== "remove") {
    entries.set("to" in change ? change.to : name, content);
  }
  if (kind === "remove" || kind === "rename") entries.delete(name);
}

/** The lock of a directory in memory; it ends with the directory. */
export class MemoryLocks {
  #epoch = 0;
  #owner: number | undefined;

  /** Takes the lock; from a current owner only with `takeOver`. */
  take(location: string, options: LockOptions): StorageLock {
    const { takeOver = false, above = 0 } = options;
    if (this.#owner !== undefined && !takeOver) {
      throw new LogLockedError(
        `Cannot open "${location}" for writing: it is already open`,
        location,
        0,
      );
    }
    return this.#give(Math.max(this.#epoch, above) + 1);
  }

  #give(epoch: number): StorageLock {
    this.#epoch = epoch;
    this.#owner = epoch;
    const held = () => this.#owner === epoch;
    return {
      epoch,
      held,
      proof: { held },
      renew: () => this.#owner === epoch ? this.#give(epoch + 1) : undefined,
      release: () => {
        if (this.#owner === epoch) this.#owner = undefined;
      },
    };
  }
}
