import type { Entry } from "./intake.ts";

/** A link of a list: whoever is let in is let go of at once, copy and all. */
interface Waiting {
  readonly entry: Entry;
  /** Tells whoever waits the LSN of the entry's last record. */
  placed: (lsn: number) => void;
  reject: (error: Error) => void;
  next?: Waiting;
}

/** Appends that found the queue full and wait for room, in order. */
export class RoomQueue {
  /** Records that wait. */
  records = 0;
  /** Their bytes with their lengths. */
  bytes = 0;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #lastPlaced: Promise<unknown> = Promise.resolve();

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Resolves with the entry's last LSN once it has its place in the queue. */
  wait(entry: Entry): Promise<number> {
    const placed = new Promise<number>((placed, reject) => {
      const waiting = { entry, placed, reject };
      if (this.#last === undefined) this.#first = waiting;
      else this.#last.next = waiting;
      this.#last = waiting;
    });
    this.#lastPlaced = placed;
    this.records += entry.sizes.length;
    this.bytes += entry.bytes;
    return placed;
  }

  /** Resolves once all who wait now have their place, or were rejected. */
  async drained(): Promise<void> {
    if (!this.isEmpty) await this.#lastPlaced.catch(() => {});
  }

  /** Takes out, one by one, those for whom there is room. */
  *entries(
    hasRoom: (records: number, bytes: number) => boolean,
  ): Generator<Waiting> {
    let next = this.#first;
    while (next !== undefined) {
      const { sizes, bytes } = next.entry;
      if (!hasRoom(sizes.length, bytes)) return;
      this.#first = next.next;
      if (this.#first === undefined) this.#last = undefined;
      this.records -= sizes.length;
      this.bytes -= bytes;
      yield next;
      next = this.#first;
    }
  }

  /** Rejects all who wait, and says how many did. */
  reject(error: Error): number {
    let count = 0;
    for (const { reject } of this.entries(() => true)) {
      reject(error);
      count++;
    }
    return count;
  }
}
