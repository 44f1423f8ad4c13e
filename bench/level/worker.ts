/**
 * The process in which one database is measured.
 *
 * @module
 */

import { join } from "node:path";
import { DurableLevel } from "../../docs/examples/durable-level/durable_level.ts";
import { SeededRandom } from "../../random.ts";
import { loadPackage } from "../packages.ts";
import { answerJob } from "../process/worker.ts";
import {
  BATCH_CALLERS,
  BATCH_PUTS,
  CALLERS,
  type LevelFound,
  type LevelJob,
  VALUE_CHARACTERS,
} from "./level_job.ts";

/** What all of them have in common, as far as it is used. */
interface Level {
  open(): Promise<void>;
  put(key: string, value: string, options: WriteOptions): Promise<void>;
  batch(puts: readonly Put[], options: WriteOptions): Promise<void>;
  get(key: string): Promise<string | undefined>;
  iterator(
    range: { gte: string; limit: number },
  ): AsyncIterable<[key: string, value: string]>;
  close(): Promise<void>;
}

interface Put {
  readonly type: "put";
  readonly key: string;
  readonly value: string;
}

/** Only classic-level has any. */
interface WriteOptions {
  readonly sync?: boolean;
}

/** How databases are made. */
type Make = new (location: string, options: object) => Level;

/** So small that checkpoints are made while it is measured. */
const checkpointBytes = 16 * 1024 * 1024;

const wal = { synchronous: "off" } as const;

/** How each is opened, and what its writes need. */
function open({ contender }: LevelJob, directory: string) {
  const location = join(directory, "level");
  const make = (Level: Make, options: object, write: WriteOptions = {}) => ({
    db: new Level(location, options),
    write,
  });
  const Durable = DurableLevel as unknown as Make;
  switch (contender) {
    case "durable-level, disk":
      return make(Durable, { checkpointBytes });
    case "durable-level, os":
      return make(Durable, { checkpointBytes, wal });
    case "durable-level, memory":
      return make(Durable, { checkpointBytes, wal, ack: "memory" });
    case "memory-level":
      return make(
        loadPackage<{ MemoryLevel: Make }>("memory-level").MemoryLevel,
        {},
      );
    default:
      return make(
        loadPackage<{ ClassicLevel: Make }>("classic-level").ClassicLevel,
        {},
        { sync: contender === "classic-level, sync: true" },
      );
  }
}

/** Keys and values, made before any clock runs. */
class Content {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly #random = new SeededRandom(1);

  constructor(keys: number) {
    this.keys = Array.from({ length: keys }, () => this.#text(16));
    const length = 4096;
    this.values = Array.from({ length }, () => this.#text(VALUE_CHARACTERS));
  }

  key(): string {
    return this.keys[this.#random.integer(0, this.keys.length - 1)];
  }

  value(): string {
    return this.values[this.#random.integer(0, this.values.length - 1)];
  }

  /** Random letters, which compress little. */
  #text(length: number): string {
    const letters = Array.from(
      { length },
      () => 33 + this.#random.integer(0, 90),
    );
    return String.fromCharCode(...letters);
  }
}

/** Calls per second of `callers` that call again and again. */
async function rate(
  { warmSeconds, seconds }: LevelJob,
  callers: number,
  call: () => Promise<unknown>,
): Promise<number> {
  const beginAt = performance.now() + warmSeconds * 1000;
  const endAt = beginAt + seconds * 1000;
  let calls = 0;
  // No timer ends it: promises alone would keep that from running.
  async function callAgain(): Promise<void> {
    while (true) {
      await call();
      const now = performance.now();
      if (now >= endAt) return;
      if (now >= beginAt) calls++;
    }
  }
  await Promise.all(Array.from({ length: callers }, callAgain));
  return calls / seconds;
}

async function measureLevel(
  job: LevelJob,
  directory: string,
): Promise<LevelFound> {
  const content = new Content(job.keys);
  const { db, write } = open(job, directory);
  await db.open();
  const put = (): Put => ({
    type: "put",
    key: content.key(),
    value: content.value(),
  });
  const putsPerSecond = await rate(
    job,
    CALLERS,
    () => db.put(content.key(), content.value(), write),
  );
  const batches = await rate(
    job,
    BATCH_CALLERS,
    () => db.batch(Array.from({ length: BATCH_PUTS }, put), write),
  );
  for (let at = 0; at < content.keys.length; at += 1000) {
    const keys = content.keys.slice(at, at + 1000);
    await db.batch(keys.map((key) => ({ ...put(), key })), {});
  }
  const getsPerSecond = await rate(job, CALLERS, async () => {
    const value = await db.get(content.key());
    if (value?.length !== VALUE_CHARACTERS) throw new Error(`got ${value}`);
  });
  const iteratedPerSecond = await rate(job, 1, () => scan(db, content));
  await db.close();
  return {
    putsPerSecond,
    batchedPerSecond: batches * BATCH_PUTS,
    getsPerSecond,
    iteratedPerSecond: iteratedPerSecond * PASSED,
    openMs: await timeOpening(job, directory),
  };
}

/** Entries that an iterator passes before it is closed. */
const PASSED = 100;

async function scan(db: Level, content: Content): Promise<void> {
  const iterator = db.iterator({ gte: content.key(), limit: PASSED });
  for await (const [_, value] of iterator) {
    if (value.length !== VALUE_CHARACTERS) throw new Error(`got ${value}`);
  }
}

/** Closed, one in memory has lost everything. */
async function timeOpening(
  job: LevelJob,
  directory: string,
): Promise<number | null> {
  if (job.contender === "memory-level") return null;
  const startedAt = performance.now();
  const { db } = open(job, directory);
  await db.open();
  const tookMs = performance.now() - startedAt;
  await db.close();
  return tookMs;
}

await answerJob<LevelJob>(({ directory, ...job }) =>
  measureLevel(job, directory)
);
