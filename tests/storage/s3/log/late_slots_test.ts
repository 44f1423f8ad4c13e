/**
 * Goal: whenever the slots of a displaced owner arrive, even after later owners
 * have removed what was there, it acknowledges nothing that is not in the log,
 * and everybody finds the same log.
 *
 * Method: an owner sends as many slots as its window holds. Others open the log,
 * append, drop all records, remove what they may, and open it again. Each slot
 * arrives before one of these steps, or never; its answer may be lost, and it is
 * then sent again before a later one. All of that is tried. A reader takes each
 * slot as soon as it is there.
 *
 * @module
 */
import { findClaim, findEnd } from "../../../../storage/s3/log/find_end.ts";
import {
  type OpenedLog,
  readIdentity,
} from "../../../../storage/s3/log/open_object_log.ts";
import { readForward } from "../../../../storage/s3/log/read_forward.ts";
import { removeDropped } from "../../../../storage/s3/log/remove_dropped.ts";
import { slotKey } from "../../../../storage/s3/log/slot_keys.ts";
import { markEntry } from "../../../../storage/s3/log/slot_pipeline.ts";
import { assert, assertEquals, assertRejects } from "../../../kit/assert.ts";
import { EagerReader } from "../../../kit/eager_reader.ts";
import { HeldStore } from "../../../kit/held_store.ts";
import { appendText, openAs } from "../../../kit/object_log_clients.ts";
import { test } from "../../../kit/register.ts";

/** Before which steps a slot is sent: all but the last answer are lost. */
type Arrivals = readonly number[];

/** How a run differs from what the library does. */
interface Fault {
  /** Whether fences are removed, too. */
  readonly removesFences?: boolean;
}

class LateRun {
  readonly #window: number;
  readonly #fault: Fault;
  readonly #held = new HeldStore();
  readonly #reader = new EagerReader(this.#held);
  readonly #acked: string[] = [];
  #owner!: OpenedLog;

  constructor(window: number, fault: Fault) {
    this.#window = window;
    this.#fault = fault;
  }

  /** The steps of others. */
  readonly #steps: readonly (() => Promise<void>)[] = [
    () => this.#open("b"),
    () => this.#append("b1"),
    () => this.#truncate(),
    () => this.#append("b2"),
    () => this.#open("c"),
    () => this.#append("c1"),
  ];

  async run(arrivals: readonly Arrivals[]): Promise<void> {
    const held = this.#held;
    const owner = await openAs(held, "a", this.#window);
    this.#acked.push(await appendText(owner, 1, "a1"));
    const { slot } = owner.pipeline.state;
    held.hold((client, isCreate) => client === "a" && isCreate);
    for (let nth = 0; nth < this.#window; nth++) {
      appendText(owner, nth + 2, `a${nth + 2}`)
        .then((text) => this.#acked.push(text), () => {});
    }
    for (let step = 0; step <= this.#steps.length; step++) {
      for (const [nth, times] of arrivals.entries()) {
        if (!times.includes(step)) continue;
        await this.#arrive(slot + 1 + nth, step !== times.at(-1));
      }
      await this.#steps[step]?.();
      this.#reader.read();
    }
    await this.#check();
  }

  /** A slot of the first owner arrives; its answer may be lost. */
  async #arrive(slot: number, isLost: boolean): Promise<void> {
    const begin = `create ${slotKey(slot)} `;
    const call = this.#held.held.find(({ name }) => name.startsWith(begin));
    if (isLost) call?.lose();
    else call?.answer();
    for (let count = 0; count < 30; count++) await undefined;
    this.#reader.read();
  }

  async #open(name: string): Promise<void> {
    this.#owner = await openAs(this.#held, name, this.#window);
    this.#reader.read();
    assertEquals(this.#owner.pipeline.state, this.#reader.state);
  }

  async #append(text: string): Promise<void> {
    const { lastLsn } = this.#owner.pipeline.state;
    this.#acked.push(await appendText(this.#owner, lastLsn + 1, text));
  }

  async #truncate(): Promise<void> {
    const { pipeline } = this.#owner;
    const firstLsn = pipeline.state.lastLsn + 1;
    // Nothing is in flight, so its object is the last one that counts.
    const firstSlot = pipeline.state.slot;
    await pipeline.send(markEntry({ firstLsn, firstSlot }, undefined));
    this.#reader.read();
    await removeDropped(pipeline, new AbortController().signal);
    if (!this.#fault.removesFences) return;
    for (let slot = 1; slot < firstSlot; slot++) {
      await pipeline.store.remove(slotKey(slot));
    }
  }

  async #check(): Promise<void> {
    const { records, state } = this.#reader;
    for (const acked of this.#acked) {
      assert(records.includes(acked), `${acked} is not in ${records}`);
    }
    const store = this.#held.client("last");
    const identity = (await readIdentity(store))!;
    const { hint } = await findClaim(store);
    const end = await findEnd(store, identity, hint);
    assertEquals(end.free, state.slot + 1);
    const found = await readForward(store, identity, end.state, state.slot);
    assertEquals(found, state);
  }
}

const STEPS = 6;

/** When a slot can arrive, `sends` times at most. */
function arrivalsOf(sends: number, from = 0): Arrivals[] {
  const times = Array.from({ length: STEPS + 1 - from }, (_, at) => from + at);
  if (sends === 0) return [[]];
  return [
    [],
    ...times.flatMap((time) =>
      arrivalsOf(sends - 1, time + 1).map((later) => [time, ...later])
    ),
  ];
}

/** Tries all arrivals of a window of slots; returns how many. */
async function tryAll(
  window: number,
  sends: number,
  fault: Fault = {},
): Promise<number> {
  const choices = arrivalsOf(sends);
  const total = choices.length ** window;
  for (let number = 0; number < total; number++) {
    const arrivals: Arrivals[] = [];
    for (let rest = number; arrivals.length < window;) {
      arrivals.push(choices[rest % choices.length]);
      rest = Math.floor(rest / choices.length);
    }
    try {
      await new LateRun(window, fault).run(arrivals);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${reason}: arrivals ${JSON.stringify(arrivals)}`, {
        cause,
      });
    }
  }
  return total;
}

for (const [window, sends] of [[1, 3], [2, 2], [3, 1]]) {
  test(`slots of a displaced owner change nothing, whenever they arrive: ${window} slots, sent up to ${sends} times`, async () => {
    const total = await tryAll(window, sends);
    console.log(`explored ${total} distinct arrivals of ${window} late slots`);
  });
}

test("a displaced owner would acknowledge what is not in the log if fences were removed", async () => {
  await assertRejects(
    () => tryAll(1, 1, { removesFences: true }),
    Error,
    "is not in",
  );
});
