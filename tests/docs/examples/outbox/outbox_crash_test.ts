/*
 * Goal: no crash loses an event, none is delivered for a transfer that is not
 * there, and the order stays. Method: small workloads of transfers, deliveries,
 * checkpoints and events that cannot be delivered; every instant, the disks
 * that the fault model allows there; then the recovery, which delivers all that
 * is left, is crashed as well.
 */
import { explore, type ExploreOptions, type Life } from "@syncline/wal/testing";
import fc from "fast-check";
import { dispatch } from "../../../../docs/examples/outbox/dispatch.ts";
import { Ledger } from "../../../../docs/examples/outbox/ledger.ts";
import { assert, assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { shareCases, shareIndex, shareOf } from "../../../kit/share.ts";

/** What the world knows of a transfer, by its number. */
interface Fact {
  readonly is: "tried" | "made" | "delivered" | "buried";
  readonly number: number;
}

type Step =
  /** Makes transfers at the same time, and a checkpoint if asked. */
  | { do: "transfer"; count: number; isSaved?: boolean }
  /** Delivers up to that many events. */
  | { do: "deliver"; count: number; commitEvery?: number }
  | { do: "checkpoint" }
  | { do: "reopen" };

const CENTS = 1000;

/** Each third event cannot be delivered. */
const isPoison = (number: number) => number % 3 === 0;

/** A ledger in one life, and what the world knows. */
class Shop {
  readonly #life: Life<Fact>;
  readonly #facts: Fact[];
  #ledger!: Ledger;

  constructor(life: Life<Fact>) {
    this.#life = life;
    this.#facts = [...life.facts];
  }

  async take(steps: readonly Step[]): Promise<void> {
    await this.#open();
    for (const step of steps) await this.#take(step);
  }

  /** Delivers all that is left; each event must have gone one way or the other. */
  async drain(): Promise<void> {
    await this.#open();
    await this.#deliver(Infinity, 2);
    for (const number of this.#numbers("made")) {
      const isBuried = this.#ledger.deadLetters.has(`${number}`);
      const isDelivered = this.#numbers("delivered").includes(number);
      const way = isPoison(number) ? isBuried : isDelivered;
      assert(way, `the event of transfer ${number} is lost`);
    }
    await this.#ledger.checkpoint();
    await this.#ledger.close();
  }

  async #open(): Promise<void> {
    const { storage, clock } = this.#life;
    const options = { clock, segmentBytes: 4096, warn() {} };
    this.#ledger = await Ledger.open(storage, options);
    await this.#ledger.openAccount("ann", CENTS);
    await this.#ledger.openAccount("bob", 0);
    const has = (number: number) => this.#ledger.has(`${number}`);
    for (const is of ["made", "delivered", "buried"] as const) {
      const missing = this.#numbers(is).filter((number) => !has(number));
      assertEquals(missing, [], `${is}, but not in the ledger`);
    }
    const made = this.#numbers("tried").filter(has);
    for (const number of made) this.#note("made", number);
    assertEquals(this.#ledger.balance("bob"), made.length);
    assertEquals(this.#ledger.balance("ann"), CENTS - made.length);
  }

  #take(step: Step): Promise<unknown> {
    switch (step.do) {
      case "transfer":
        return Promise.all([
          this.#transfer(step.count),
          step.isSaved && this.#ledger.checkpoint(),
        ]);
      case "deliver":
        return this.#deliver(step.count, step.commitEvery);
      case "checkpoint":
        return this.#ledger.checkpoint();
      case "reopen":
        return this.#ledger.close().then(() => this.#open());
    }
  }

  async #transfer(count: number): Promise<void> {
    const first = Math.max(0, ...this.#numbers("tried")) + 1;
    await Promise.all(Array.from({ length: count }, async (_, at) => {
      const number = first + at;
      this.#note("tried", number);
      const payment = { from: "ann", to: "bob", cents: 1 };
      await this.#ledger.transfer(`${number}`, payment);
      this.#note("made", number);
    }));
  }

  /** Delivers what is there, or the first of it, each in its place. */
  async #deliver(count: number, commitEvery = 64): Promise<void> {
    const cursor = await this.#ledger.outbox();
    const ending = new AbortController();
    const gone = new Set([
      ...this.#numbers("delivered"),
      ...this.#numbers("buried"),
    ]);
    let last = 0;
    let left = count;
    const take = (is: "delivered" | "buried", number: number) => {
      this.#note(is, number);
      gone.add(number);
      assert(number > last, `${number} after ${last}`);
      for (let before = last + 1; before < number; before++) {
        const isMissing = this.#ledger.has(`${before}`) && !gone.has(before);
        assert(!isMissing, `${number} without ${before}`);
      }
      last = number;
      if (--left === 0) ending.abort();
    };
    await dispatch(cursor, {
      ...{ attempts: 2, commitEvery, once: true, signal: ending.signal },
      sleep: () => Promise.resolve(),
      deliver: ({ key }) => {
        if (isPoison(Number(key))) throw new Error("poison");
        take("delivered", Number(key));
      },
      bury: async (event, reason) => {
        await this.#ledger.bury(event, reason);
        take("buried", Number(event.key));
      },
    });
    await cursor.close();
  }

  #numbers(is: Fact["is"]): number[] {
    return this.#facts.filter((fact) => fact.is === is)
      .map(({ number }) => number);
  }

  #note(is: Fact["is"], number: number): void {
    this.#facts.push({ is, number });
    this.#life.note({ is, number });
  }
}

/** What is tried of a workload that another runtime explores in depth. */
const SHALLOW: ExploreOptions = { crashes: 1, bound: 2 };

const optionsFor = shareCases(SHALLOW);

/** Explores a workload in depth, unless another runtime does. */
async function share(
  steps: readonly Step[],
  options: ExploreOptions,
): Promise<void> {
  const shared = optionsFor(options);
  if (shared !== undefined) await crashEverywhere(steps, shared);
}

async function crashEverywhere(
  steps: readonly Step[],
  options: ExploreOptions,
): Promise<void> {
  await explore<Fact>(
    async (life) => await new Shop(life).take(steps),
    async (life) => await new Shop(life).drain(),
    { seed: shareIndex, samples: 1, print() {}, ...options },
  );
}

const STEPS: readonly Step[] = [
  { do: "transfer", count: 3 },
  { do: "deliver", count: 2, commitEvery: 1 },
  { do: "transfer", count: 1 },
  { do: "checkpoint" },
  { do: "deliver", count: 2 },
  { do: "transfer", count: 2, isSaved: true },
];

const DEVICES: Record<string, ExploreOptions> = {
  "posix": { fileSystem: "posix", bound: 5 },
  "ext4, slow": {
    ...{ fileSystem: "ext4", sectorBytes: 4096, slow: true },
    ...{ bound: 3, crashes: 1 },
  },
};

for (const [device, options] of Object.entries(DEVICES)) {
  test(`Ledger and dispatch() lose and invent no event: ${device}`, async () => {
    await share(STEPS, options);
  });
}

test("Ledger and dispatch() lose and invent no event in any workload", async () => {
  const count = fc.integer({ min: 1, max: 4 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      do: fc.constant("transfer" as const),
      ...{ count, isSaved: fc.boolean() },
    }),
    fc.record({
      do: fc.constant("deliver" as const),
      ...{ count, commitEvery: count },
    }),
    fc.constant<Step>({ do: "checkpoint" }),
    fc.constant<Step>({ do: "reopen" }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 7 }),
      fc.nat(),
      (steps, seed) => crashEverywhere(steps, { seed, bound: 3, crashes: 1 }),
    ),
    { numRuns: shareOf(6), seed: shareIndex },
  );
});
