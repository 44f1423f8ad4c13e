/**
 * Goal: whatever the network, the pauses and the deaths of several processes that
 * write the same log on an object store, nothing acknowledged is lost, no record
 * gets into the time of another owner, and nobody who reads sees anything taken
 * back.
 *
 * Method: whole processes on virtual time, each of which opens the log, appends,
 * truncates and compacts until another one displaces it, and opens it again. They
 * are paused for up to minutes, which is longer than takeovers and truncations,
 * and killed while requests are on their way. The seed is in each message.
 *
 * @module
 */
import { type Choose, seeded } from "../../../../random.ts";
import {
  FencedError,
  type FrameDraft,
  type FrameLog,
} from "../../../../storage/frame_log.ts";
import { MemoryObjectStore, ObjectLog } from "../../../../storage/s3/mod.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { shareIndex, shareOf } from "../../../kit/share.ts";
import {
  type Faults,
  StoreClient,
  VirtualTime,
} from "../../../kit/unreliable_store.ts";

const SIMULATIONS = 40;
const LASTS_MS = 240_000;
const NONE: Faults = {
  latencyMs: 20,
  oneLostOf: Infinity,
  oneUnansweredOf: Infinity,
  oneLateOf: Infinity,
};

/** A record that was acknowledged. */
interface Ack {
  readonly lsn: number;
  readonly text: string;
}

/** All processes of one run, and what was acknowledged. */
class Simulation {
  readonly #below: Choose;
  readonly #time = new VirtualTime();
  readonly #store = new MemoryObjectStore();
  readonly #window: number;
  readonly acks: Ack[] = [];
  readonly counts = { openings: 0, displaced: 0, unknown: 0, truncations: 0 };
  #faults: Faults;
  #isOver = false;
  #openings = 0;
  /** What must not have happened. */
  #failed: unknown;

  constructor(readonly seed: number) {
    this.#below = seeded(seed);
    this.#window = 1 + this.#below(4);
    this.#faults = {
      latencyMs: 1 + this.#below(400),
      oneLostOf: 10 + this.#below(200),
      oneUnansweredOf: 10 + this.#below(200),
      oneLateOf: 30 + this.#below(500),
    };
  }

  async run(): Promise<void> {
    const processes = 2 + this.#below(2);
    for (let at = 0; at < processes; at++) void this.#write(this.#client());
    const reading = this.#read();
    await this.#time.run(this.#time.wait(LASTS_MS));
    this.#isOver = true;
    this.#faults = NONE;
    await this.#time.run(reading);
    // What is paused wakes up after that, and finds a new owner.
    await this.#time.run(this.#checkEnd());
  }

  #client(): StoreClient {
    return new StoreClient(
      this.#store,
      this.#time,
      (count) => count === Infinity ? 1 : this.#below(count),
      () => this.#faults,
    );
  }

  #log(client: StoreClient): ObjectLog {
    return new ObjectLog(client, {
      window: this.#window,
      retry: {
        clock: client.clock,
        deadlineMs: 20_000,
        random: () => this.#below(1000) / 1000,
      },
      compaction: { slots: 4, bytes: 4096, mergedBytes: 8192 },
    });
  }

  /** A process that writes, until it is killed: then another one begins. */
  async #write(client: StoreClient): Promise<void> {
    const disturb = () => {
      if (this.#isOver || client.isKilled) return;
      if (this.#below(6) > 0) {
        client.pause(this.#below(90_000));
      } else {
        client.kill();
        void this.#write(this.#client());
      }
      this.#time.at(this.#time.now + this.#below(60_000), disturb);
    };
    this.#time.at(this.#time.now + this.#below(60_000), disturb);
    while (!this.#isOver) {
      try {
        await this.#own(client);
      } catch (error) {
        this.#explain(error);
      }
      await client.wait(this.#below(20_000));
    }
  }

  /** Only what must be expected may go wrong. */
  #explain(error: unknown): void {
    const { name } = error as Error;
    if (name === "FencedError") this.counts.displaced++;
    else if (/^(UnknownOutcome|ObjectStore)Error$/.test(name)) {
      this.counts.unknown++;
    } else this.#failed ??= error;
  }

  async #own(client: StoreClient): Promise<void> {
    const warn = (message: string) => {
      if (!/^Cannot (compact|remove)/.test(message)) {
        this.#failed ??= new Error(message);
      }
    };
    const log = await this.#log(client).openLog({
      warn,
      time: () => this.#time.now,
    });
    const owner = `${++this.#openings}`;
    this.counts.openings++;
    const failures: unknown[] = [];
    const flights = new Set<Promise<void>>();
    let [nextLsn, wrote] = [log.lastLsn + 1, 0];
    try {
      while (!this.#isOver && failures.length === 0) {
        const texts = Array.from(
          { length: 1 + this.#below(3) },
          () => `${owner}:${++wrote}`,
        );
        const firstLsn = nextLsn;
        nextLsn += texts.length;
        const flight = log.pipeline!.commit(draftOf(firstLsn, texts))
          .then(
            () => {
              texts.forEach((text, at) =>
                this.acks.push({ lsn: firstLsn + at, text })
              );
            },
            (error) => void failures.push(error),
          ).finally(() => flights.delete(flight));
        flights.add(flight);
        if (flights.size >= log.pipeline!.depth) await Promise.race(flights);
        await client.wait(this.#below(3000));
        if (this.#below(30) === 0) await this.#truncate(log);
      }
      await Promise.all(flights);
      if (failures.length > 0) throw failures[0];
    } finally {
      await log.close(failures.length === 0);
    }
  }

  async #truncate(log: FrameLog): Promise<void> {
    const { firstLsn, lastLsn } = log;
    await log.truncateBefore(firstLsn + this.#below(lastLsn - firstLsn + 2));
    this.counts.truncations++;
  }

  /** Looks again and again: nothing that was there once may differ later. */
  async #read(): Promise<void> {
    const client = this.#client();
    const log = await this.#observe(client);
    const seen = new Map<number, string>();
    let lastLsn = 0;
    while (!this.#isOver) {
      await client.wait(this.#below(10_000));
      try {
        await log.look();
        assert(log.lastLsn >= lastLsn, `${lastLsn} came to ${log.lastLsn}`);
        lastLsn = log.lastLsn;
        const from = Math.max(log.firstLsn, lastLsn - 50);
        for (const { lsn, text } of await textsOf(log, from, lastLsn)) {
          assertEquals(text, seen.get(lsn) ?? text, `record ${lsn}`);
          seen.set(lsn, text);
        }
      } catch (error) {
        if ((error as Error).name !== "CompactedError") this.#explain(error);
      }
    }
    await log.close();
  }

  async #observe(client: StoreClient) {
    for (;;) {
      try {
        return await this.#log(client).observeLog();
      } catch (error) {
        this.#explain(error);
        await client.wait(1000);
      }
    }
  }

  /** Takes the log over and reads it, as often as another one does so, too. */
  async #readAll(client: StoreClient) {
    const options = { warn: () => {}, time: () => this.#time.now };
    for (;;) {
      try {
        const log = await this.#log(client).openLog(options);
        const { firstLsn, lastLsn } = log;
        const found = await textsOf(log, firstLsn, lastLsn);
        await log.close(true);
        return { firstLsn, lastLsn, found };
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
      }
    }
  }

  async #checkEnd(): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    const client = this.#client();
    const before = await this.#readAll(client);
    // Whatever was on its way or asleep arrives: it may take over once more.
    await client.wait(300_000);
    const { found, firstLsn, lastLsn } = await this.#readAll(client);
    if (this.#failed !== undefined) throw this.#failed;
    const kept = before.found.filter(({ lsn }) => lsn >= firstLsn);
    assertEquals(found.slice(0, kept.length), kept);
    const texts = new Map(found.map(({ lsn, text }) => [lsn, text]));
    assertEquals(texts.size, lastLsn + 1 - firstLsn);
    for (const { lsn, text } of this.acks) {
      if (lsn >= firstLsn) assertEquals(texts.get(lsn), text, `record ${lsn}`);
    }
    const byLsn = new Map<number, string>();
    for (const { lsn, text } of this.acks) {
      assertEquals(byLsn.get(lsn) ?? text, text, `two acks of ${lsn}`);
      byLsn.set(lsn, text);
    }
    const owners = found.map(({ text }) => text.split(":")[0])
      .filter((owner, at, all) => owner !== all[at - 1]);
    assertEquals(new Set(owners).size, owners.length, "owners interleave");
  }
}

function draftOf(firstLsn: number, texts: readonly string[]): FrameDraft {
  const records = texts.map((text) => new TextEncoder().encode(text));
  const length = records.reduce((sum, { length }) => sum + 4 + length, 0);
  const buffer = new Uint8Array(48 + length + 7);
  let at = 48;
  for (const record of records) {
    new DataView(buffer.buffer).setUint32(at, record.length, true);
    buffer.set(record, at + 4);
    at += 4 + record.length;
  }
  return { firstLsn, count: texts.length, buffer, length };
}

async function textsOf(
  log: Pick<FrameLog, "read">,
  from: number,
  to: number,
): Promise<Ack[]> {
  const found: Ack[] = [];
  if (from > to) return found;
  const source = log.read(from, to);
  for (;;) {
    const { value, done } = await source.next();
    if (done) break;
    const { firstLsn, records } = value as {
      firstLsn: number;
      records: Iterable<Uint8Array>;
    };
    let lsn = firstLsn;
    for (const record of records) {
      found.push({ lsn: lsn++, text: new TextDecoder().decode(record) });
    }
  }
  assertEquals(found.map(({ lsn }) => lsn), found.map((_, at) => from + at));
  return found;
}

test("ObjectLog loses nothing acknowledged, whatever its processes and the network do", async () => {
  const total = { openings: 0, displaced: 0, unknown: 0, truncations: 0 };
  let acked = 0;
  for (
    let nth = 0;
    nth < shareOf(SIMULATIONS);
    nth++
  ) {
    const seed = 1000 * shareIndex + nth;
    const simulation = new Simulation(seed);
    try {
      await simulation.run();
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    }
    acked += simulation.acks.length;
    for (const key of Object.keys(total) as (keyof typeof total)[]) {
      total[key] += simulation.counts[key];
    }
  }
  // A run that nothing happens in proves nothing.
  const { openings, displaced, unknown, truncations } = total;
  assert(acked > 100 && openings > 10 && displaced > 5, JSON.stringify(total));
  assert(unknown > 0 && truncations > 5, JSON.stringify(total));
});
