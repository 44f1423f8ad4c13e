import type { Entry } from "./intake.ts";

interface Waiting extends Entry {
  /** Tells whoever waits the LSN of the entry's last record. */
  placed: (lsn: number) => void;
  reject: (error: Error) => void;
}

/** Appends that found the queue full and wait for room, in order. */
export class RoomQueue {
  readonly #waiting: Waiting[] = [];
  /** Those before are let in; to take each out would move all others. */
  #head = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === this.#head;
  }

  /** Resolves with the entry's last LSN once it has its place in the queue. */
  wait(entry: Entry): Promise<number> {
    const placed = new Promise<number>((placed, reject) => {
      this.#waiting.push({ ...entry, placed, reject });
    });
    this.#last = placed;
    return placed;
  }

  /** Resolves once all who wait now have their place, or were rejected. */
  async drained(): Promise<void> {
    if (!this.isEmpty) await this.#last.catch(() => {});
  }

  /** Takes out, one by one, those for whom there is room. */
  *entries(
    hasRoom: (records: number, bytes: number) => boolean,
  ): Generator<Waiting> {
    while (!this.isEmpty) {
      const next = this.#waiting[this.#head];
      if (!hasRoom(next.sizes.length, next.bytes)) break;
      this.#head++;
      yield next;
    }
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }

  /** Rejects all who wait, and says how many did. */
  reject(error: Error): number {
    const waiting = this.#waiting.splice(0).slice(this.#head);
    this.#head = 0;
    for (const { reject } of waiting) reject(error);
    return waiting.length;
  }
}
