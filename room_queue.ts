import type { Entry } from "./intake.ts";

interface Waiting extends Entry {
  /** Tells whoever waits the LSN of the entry's last record. */
  placed: (lsn: number) => void;
  reject: (error: Error) => void;
}

/** Appends that found the queue full and wait for room, in order. */
export class RoomQueue {
  readonly #waiting: Waiting[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves with the entry's last LSN once it has its place in the queue. */
  wait(entry: Entry): Promise<number> {
    const placed = new Promise<number>((placed, reject) => {
      this.#waiting.push({ ...entry, placed, reject });
    });
    this.#last = placed.catch(() => {});
    return placed;
  }

  /** Resolves once all who wait now have their place, or were rejected. */
  async drained(): Promise<void> {
    if (!this.isEmpty) await this.#last;
  }

  /** Takes out, one by one, those for whom there is room. */
  *entries(
    hasRoom: (records: number, bytes: number) => boolean,
  ): Generator<Waiting> {
    while (!this.isEmpty) {
      const { sizes, bytes } = this.#waiting[0];
      if (!hasRoom(sizes.length, bytes)) return;
      yield this.#waiting.shift()!;
    }
  }

  /** Rejects all who wait, and says how many did. */
  reject(error: Error): number {
    const waiting = this.#waiting.splice(0);
    for (const { reject } of waiting) reject(error);
    return waiting.length;
  }
}
