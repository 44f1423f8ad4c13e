/*
 * Goal: no crash loses what DurableLevel has acknowledged, or a part of a batch.
 * Method: every instant of a few counted writes, the disks that the fault model
 * allows there, and crashes of the recovery. The log is so small that most
 * instants are within or next to a checkpoint, and each record is a frame.
 */
import { DurableLevel } from "../../../../docs/examples/durable-level/durable_level.ts";
import { CountPolicy } from "../../../../policies/count_policy.ts";
import {
  explore,
  type ExploreOptions,
  type Life,
} from "../../../../testing/mod.ts";
import type { Synchronous } from "../../../../wal_options.ts";
import type { AckLevel } from "../../../../writer/acks.ts";
import { assert } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { isMine, shareIndex } from "../../../kit/share.ts";
import { countWrites, writeNumber } from "./counted_writes.ts";

/** A database in one life, and what it promises. */
class LivingLevel {
  readonly #life: Life<number>;
  readonly #level: AckLevel;
  readonly #db: DurableLevel;

  constructor(life: Life<number>, synchronous: Synchronous, ack?: AckLevel) {
    const { storage, clock } = life;
    this.#life = life;
    this.#level = ack ?? (synchronous === "full" ? "disk" : "os");
    const policy = new CountPolicy({ records: 1 });
    const wal = { clock, policy, synchronous, reserveBytes: 512, warn() {} };
    this.#db = new DurableLevel(storage, { checkpointBytes: 300, ack, wal });
  }

  /** The number of writes; throws if one that must be there is lost. */
  async check(): Promise<number> {
    const count = await countWrites(this.#db);
    const least = Math.max(0, ...this.#life.facts);
    assert(count >= least, `${count} of ${least} writes are there`);
    return count;
  }

  /** Writes some at once, and others one after the other. */
  async write(first: number, last: number): Promise<void> {
    let pending: Promise<void>[] = [];
    for (let i = first; i <= last; i++) {
      pending.push(this.#db.batch(writeNumber(i)).then(() => this.#note(i)));
      if (i % 3 === 0) continue;
      await Promise.all(pending);
      pending = [];
      // Or all would be in one flush: nothing that was acknowledged is done.
      if (this.#level === "memory") await microtasks();
    }
    await Promise.all(pending);
    await this.#db.flush();
    this.#life.note(last);
  }

  #note(i: number): void {
    if (this.#level !== "memory") this.#life.note(i, this.#level);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** As many as part the steps of a checkpoint from each other. */
async function microtasks(): Promise<void> {
  for (let count = 0; count < 12; count++) await null;
}

async function crashEverywhere(
  synchronous: Synchronous,
  options: ExploreOptions,
  ack?: AckLevel,
): Promise<void> {
  await explore<number>(async (life) => {
    const db = new LivingLevel(life, synchronous, ack);
    await db.write(1, ack === "memory" ? 14 : 6);
    await db.close();
    // Or there would be no crash during a checkpoint.
    const names = life.storage.list();
    assert(names.some((name) => name.endsWith(".snapshot")), `${names}`);
  }, async (life) => {
    const db = new LivingLevel(life, synchronous, ack);
    const count = await db.check();
    await db.write(count + 1, count + 3);
    await db.check();
  }, { seed: shareIndex, bound: 3, samples: 1, print() {}, ...options });
}

const faults = { faults: true, bound: 1, samples: 0, crashes: 1 };

/** Each of them on one runtime. */
const CASES: [name: string, ...Parameters<typeof crashEverywhere>][] = [
  ["full", "full", {}],
  ["normal", "normal", {}],
  ["full, slow", "full", { slow: true }],
  ["normal, slow, ext4", "normal", { slow: true, fileSystem: "ext4" }],
  ["full, faults", "full", faults],
  ["normal, faults", "normal", faults],
  ["full, three crashes", "full", { crashes: 3, samples: 2, bound: 1 }],
  ["memory", "full", { bound: 1 }, "memory"],
];

for (const [index, [name, ...rest]] of CASES.entries()) {
  test(`DurableLevel loses nothing acknowledged: ${name}`, async () => {
    if (isMine(index)) await crashEverywhere(...rest);
  });
}
