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
  openObjectLog,
  readIdentity,
} from "../../../../storage/s3/log/open_object_log.ts";
import { readForward } from "../../../../storage/s3/log/read_forward.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import {
  decodeSlot,
  emptyState,
  SLOT_KIND,
  SlotContent,
} from "../../../../storage/s3/log/slot_object.ts";
import {
  judgeSlot,
  type RuleState,
} from "../../../../storage/s3/log/slot_rule.ts";
import { RetryingStore } from "../../../../storage/s3/retrying_store.ts";
import { seeded } from "../../../../random.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import {
  exploreInterleavings,
  type InterleavedRun,
  type Step,
} from "../../../kit/explore_interleavings.ts";
import { type HeldCall, HeldStore, NO_TIME } from "../../../kit/held_store.ts";
import { test } from "../../../kit/register.ts";

/** What is explored. */
interface Scene {
  /** The log's window. */
  readonly window: number;
  /** How many records the owner appends, all at once. */
  readonly appends: number;
  /** Who opens the log while the owner appends; each appends a record. */
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
  readonly #notes: string[] = [];
  #losses = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async begin(): Promise<this> {
    const owner = await this.#open("a");
    this.#held.hold();
    for (let nth = 1; nth <= this.#scene.appends; nth++) {
      void this.#append(owner, nth, `a${nth}`);
    }
    for (const name of this.#scene.openers) void this.#take(name);
    this.check();
    return this;
  }

  steps(): readonly Step[] {
    const { held } = this.#held;
    const decided = held.find((call) => call.isDecided());
    const open = decided === undefined ? held : [decided];
    return open.flatMap((call) => {
      const name = `${call.client} ${call.name}`;
      const answer = { name, take: () => call.answer() };
      return this.#canLose(call) && decided === undefined
        ? [answer, { name: `${name} (lost)`, take: () => this.#lose(call) }]
        : [answer];
    });
  }

  key(): string {
    return `${this.#held.key()}|${this.#losses}`;
  }

  check(): void {
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
    this.#held.release();
    const identity = (await readIdentity(store))!;
    const { hint } = await findClaim(store);
    const end = await findEnd(store, identity, hint);
    assertEquals(end.free, state.slot + 1);
    assertEquals(
      await readForward(store, identity, end.state, state.slot),
      state,
    );
  }

  #open(name: string): Promise<OpenedLog> {
    const random = seeded(name.charCodeAt(0));
    const store = new RetryingStore(this.#held.client(name), {
      ...{ clock: NO_TIME, random: () => 0, deadlineMs: 1e9 },
    });
    return openObjectLog({
      ...{ store, window: this.#scene.window, time: () => 1 },
      random: () => random(2 ** 32) / 2 ** 32,
    });
  }

  async #take(name: string): Promise<void> {
    try {
      const log = await this.#open(name);
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
    const { frame: kind } = SLOT_KIND;
    const header = { kind, firstLsn: lsn, count: 1 };
    const bytes = new TextEncoder().encode(text);
    const entries = Uint8Array.of(bytes.length, 0, 0, 0, ...bytes);
    try {
      await log.pipeline.send({
        header: { ...header, firstSlot: 0, metaVersion: 0 },
        entries,
      });
      this.#acked.push(`${lsn} ${text}`);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if ((error as Error).name !== "FencedError") this.#reader.failure ??= error;
  }

  #canLose({ isCreate }: HeldCall): boolean {
    return isCreate && this.#losses < this.#scene.losses;
  }

  #lose(call: HeldCall): void {
    this.#losses++;
    call.lose();
  }
}

/** Reads each slot as soon as it is there, and never again. */
class EagerReader {
  readonly records: string[] = [];
  state: RuleState = { ...emptyState(1), epoch: 0 };
  failure: unknown;
  readonly #store: HeldStore;
  #log: Uint8Array<ArrayBuffer> | undefined;

  constructor(store: HeldStore) {
    this.#store = store;
  }

  read(): void {
    if (this.failure !== undefined) throw this.failure;
    for (;;) {
      const slot = this.state.slot + 1;
      const bytes = this.#store.objects.get(slotKey(slot));
      if (bytes === undefined) return;
      this.#log ??= new Uint8Array(bytes.subarray(8, 24));
      const object = decodeSlot(bytes, this.#log, slot);
      if ("fault" in object) throw new Error(object.fault);
      const content = object instanceof SlotContent ? object : undefined;
      const header = object instanceof SlotContent ? object.header : object;
      const verdict = judgeSlot(this.state, header);
      assert(verdict.kind !== "corrupt", `slot ${slot} is corrupt`);
      const before = this.state.lastLsn;
      this.state = verdict.state;
      if (verdict.kind === "void" || content === undefined) continue;
      for (const [index, record] of [...content.records].entries()) {
        const text = new TextDecoder().decode(record);
        this.records.push(`${before + 1 + index} ${text}`);
      }
    }
  }
}

const SCENES: readonly Scene[] = [
  { window: 1, appends: 4, openers: ["b"], losses: 2 },
  { window: 2, appends: 3, openers: ["b"], losses: 1 },
  { window: 1, appends: 1, openers: ["b", "c"], losses: 0 },
];

for (const scene of SCENES) {
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
