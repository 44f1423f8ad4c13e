/**
 * Goal: of two owners of an object log, the later one gets all that the earlier
 * one has acknowledged, and the earlier one acknowledges nothing after that.
 *
 * Method: every interleaving of the calls of an owner, of one or two openings,
 * and of what these append, with an answer lost. A reader takes each slot as soon
 * as it is there; what it has read is what everybody must find in the end.
 *
 * @module
 */
import { findClaim, findEnd } from "../../../../storage/s3/log/find_end.ts";
import {
  type OpenedLog,
  readIdentity,
} from "../../../../storage/s3/log/open_object_log.ts";
import { readForward } from "../../../../storage/s3/log/read_forward.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { EagerReader } from "../../../kit/eager_reader.ts";
import {
  exploreInterleavings,
  type InterleavedRun,
  sampleInterleavings,
  type Step,
} from "../../../kit/explore_interleavings.ts";
import { type HeldCall, HeldStore } from "../../../kit/held_store.ts";
import { appendText, openAs } from "../../../kit/object_log_clients.ts";
import { test } from "../../../kit/register.ts";
import { runtime } from "../../../kit/runtime.ts";

/** What is explored. */
interface Scene {
  /** The log's window. */
  readonly window: number;
  /** How many records the owner appends, all at once. */
  readonly appends: number;
  /** Clients that open the log while the owner appends, and append a record. */
  readonly openers: readonly string[];
  /** How many answers to creations may be lost. */
  readonly losses: number;
}

class Run implements InterleavedRun {
  readonly #scene: Scene;
  readonly #held = new HeldStore();
  readonly #reader = new EagerReader(this.#held);
  /** What was acknowledged, and to whom: `LSN text`. */
  readonly #acked: string[] = [];
  #failure: unknown;
  #losses = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async begin(): Promise<this> {
    const owner = await openAs(this.#held, "a", this.#scene.window);
    this.#held.hold(() => true);
    for (let nth = 1; nth <= this.#scene.appends; nth++) {
      void this.#append(owner, nth, `a${nth}`);
    }
    for (const name of this.#scene.openers) void this.#take(name);
    this.check();
    return this;
  }

  steps(): readonly Step[] {
    const { held } = this.#held;
    const decided = held.find((call) => this.#isDecided(call));
    const open = decided === undefined ? held : [decided];
    return open.flatMap((call) => {
      const name = `${call.client} ${call.name}`;
      const answer = { name, take: () => call.answer() };
      return this.#canLose(call) && decided === undefined
        ? [answer, { name: `${name} (lost)`, take: () => this.#lose(call) }]
        : [answer];
    });
  }

  /** Whether it does not matter when a call is performed. */
  #isDecided(call: HeldCall): boolean {
    const isAlone = this.#scene.openers.length === 1;
    return call.isDecided() || isAlone && call.name.startsWith("list e/");
  }

  key(): string {
    return `${this.#held.key()}|${this.#losses}`;
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#reader.read();
  }

  async finish(): Promise<void> {
    const { records, state } = this.#reader;
    for (const acked of this.#acked) {
      assert(records.includes(acked), `${acked} is not in ${records}`);
    }
    const owners = records.map((record) => record.split(" ")[1][0]);
    const changes = owners.filter((owner, at) => owner !== owners[at - 1]);
    assertEquals(changes.length, new Set(owners).size, `${records}`);
    const store = this.#held.client("last");
    this.#held.hold(() => false);
    const identity = (await readIdentity(store))!;
    const { hint } = await findClaim(store);
    const end = await findEnd(store, identity, hint);
    assertEquals(end.free, state.slot + 1);
    assertEquals(
      await readForward(store, identity, end.state, state.slot),
      state,
    );
  }

  async #take(name: string): Promise<void> {
    try {
      const log = await openAs(this.#held, name, this.#scene.window);
      // The reader has not read the last slots yet.
      this.#reader.read();
      const { lastLsn } = log.pipeline.state;
      assertEquals(lastLsn, this.#reader.state.lastLsn, `${name} missed some`);
      await this.#append(log, lastLsn + 1, `${name}1`);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #append(log: OpenedLog, lsn: number, text: string): Promise<void> {
    try {
      this.#acked.push(await appendText(log, lsn, text));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if ((error as Error).name !== "FencedError") this.#failure ??= error;
  }

  #canLose({ isCreate }: HeldCall): boolean {
    return isCreate && this.#losses < this.#scene.losses;
  }

  #lose(call: HeldCall): void {
    this.#losses++;
    call.lose();
  }
}

const SCENES: readonly Scene[] = [
  { window: 1, appends: 4, openers: ["b"], losses: 1 },
  { window: 2, appends: 4, openers: ["b"], losses: 0 },
  { window: 2, appends: 2, openers: ["b"], losses: 1 },
  { window: 1, appends: 0, openers: ["b", "c"], losses: 0 },
];

// What it finds is the same everywhere; the others sample.
for (const scene of runtime === "deno" ? SCENES : []) {
  const { window, appends, openers, losses } = scene;
  const name =
    `an owner that appends ${appends} records, ${window} at a time, ` +
    `while ${openers.join(" and ")} open the log, ${losses} answers lost`;
  test(`openObjectLog() fences ${name}`, async () => {
    const begin = () => new Run(scene).begin();
    const { states, ends } = await exploreInterleavings(begin);
    console.log(`explored ${states} distinct states, ${ends} ends: ${name}`);
  });
}

for (const window of [2, 3]) {
  test(`openObjectLog() fences an owner and one of two other openings: sampled, ${window} slots at a time`, async () => {
    const scene = { window, appends: 5, openers: ["b", "c"], losses: 3 };
    const seed = Date.now() >>> 0;
    const begin = () => new Run(scene).begin();
    await sampleInterleavings(begin, 500, seed);
    console.log(`seed ${seed}: 500 runs, ${window} slots at a time`);
  });
}
