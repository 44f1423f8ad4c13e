import fc from "fast-check";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { type Wal, Wal as WalClass } from "../../wal.ts";
import {
  DEFAULT_ACK,
  type WalOptions,
  type WalSettings,
} from "../../wal_options.ts";
import type { BatchPolicy } from "../../policies/batch_policy.ts";
import type { AckLevel } from "../../writer/acks.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { FakeFrameLog, type FakeFrameLogOptions } from "./fake_frame_log.ts";
import { friendlyPolicies } from "./hostile_policy.ts";

/** One step of a script. */
export type Command =
  | { do: "append"; size: number; ack?: AckLevel }
  | { do: "appendBatch"; sizes: number[]; ack?: AckLevel }
  | { do: "enqueue"; size: number }
  | { do: "settled"; back: number; ack?: AckLevel }
  | { do: "flush" }
  | { do: "turn" }
  | { do: "step" }
  | { do: "advance"; ms: number }
  | { do: "skew"; ms: number }
  | {
    do: "configure";
    changes: WalSettings;
    make?: (() => BatchPolicy) | undefined;
  };

const size = fc.constantFrom(0, 1, 7, 8, 30, 200);
const ack = fc.constantFrom<(AckLevel | undefined)[]>(
  "memory",
  "os",
  "disk",
  undefined,
);
const is = <Word extends string>(word: Word) => fc.constant(word);

const steps: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: is("append"), size, ack }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: is("appendBatch"),
      sizes: fc.array(size, { minLength: 1, maxLength: 6 }),
      ack,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is("enqueue"), size }) },
  fc.record({ do: is("settled"), back: fc.nat(5), ack }),
  fc.record({ do: is("flush") }),
  { weight: 4, arbitrary: fc.record({ do: is("turn") }) },
  { weight: 4, arbitrary: fc.record({ do: is("step") }) },
  fc.record({ do: is("advance"), ms: fc.constantFrom(0, 0.5, 1, 5, 2000) }),
  fc.record({ do: is("skew"), ms: fc.constantFrom(-100, -1, 3) }),
);

/** Random scripts. */
export const scripts: fc.Arbitrary<Command[]> = fc.array(steps, {
  maxLength: 50,
  size: "max",
});

/** Random scripts that change settings, too. */
export const changingScripts: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: steps },
    fc.record({
      do: is("configure"),
      make: fc.option(friendlyPolicies, { nil: undefined }),
      changes: fc.constantFrom<WalSettings>(
        {},
        { synchronous: "full", syncIntervalMs: 3 },
        { synchronous: "normal" },
        { syncIntervalMs: 0 },
        { synchronous: "off", maxQueuedRecords: 2 },
        { maxQueuedRecords: 7, maxQueuedBytes: 20 },
        { maxQueuedRecords: 10_000, maxQueuedBytes: 1 << 20 },
      ),
    }),
  ),
  { maxLength: 50, size: "max" },
);

/** A record or a batch that was accepted, in call order. */
interface Accepted {
  first: number;
  texts: string[];
}

/** A log under a script, and the plain list that it has to equal. */
export class ModelRun {
  readonly log: FakeFrameLog;
  /** What was accepted. */
  readonly accepted: Accepted[] = [];
  /** What went wrong, in words. */
  readonly breaches: string[] = [];
  /** Calls that wait for their promise. */
  open = 0;
  /** Changes of settings that wait for what came before. */
  fences = 0;
  readonly #wal: Wal;
  readonly #clock: VirtualClock;
  #ack: AckLevel;
  #count = 0;
  /** The last LSN that `enqueue` returned. */
  #lastPlaced = 0;

  private constructor(
    wal: Wal,
    log: FakeFrameLog,
    clock: VirtualClock,
    ack: AckLevel,
  ) {
    this.#wal = wal;
    this.log = log;
    this.#clock = clock;
    this.#ack = ack;
  }

  /** Opens a log for one script. */
  static async open(
    options: WalOptions,
    fake: FakeFrameLogOptions | FakeFrameLog,
  ): Promise<ModelRun> {
    const log = fake instanceof FakeFrameLog ? fake : new FakeFrameLog(fake);
    const clock = new VirtualClock();
    const wal = await WalClass.open(log, { ...options, clock });
    const ack = DEFAULT_ACK[options.synchronous ?? "full"];
    return new ModelRun(wal, log, clock, ack);
  }

  /** The records that have to be in the log. */
  get texts(): string[] {
    return this.accepted.flatMap(({ texts }) => texts);
  }

  /** Takes one step. */
  async execute(command: Command): Promise<void> {
    if (command.do === "append") return this.#append(command);
    if (command.do === "appendBatch") return this.#appendBatch(command);
    if (command.do === "enqueue") return this.#enqueue(command.size);
    if (command.do === "settled") return this.#settled(command);
    if (command.do === "flush") return this.#flush();
    if (command.do === "configure") return this.#configure(command);
    if (command.do === "step") return this.log.step();
    if (command.do === "skew") return this.#clock.skew(command.ms);
    if (command.do === "turn") return await this.#clock.turn();
    await this.#clock.advance(command.ms);
  }

  /** Closes the log, which has to drain it whatever the policy says. */
  async close(): Promise<void> {
    // They wait for no time and no policy.
    for (let turn = 0; this.fences > 0 && turn < 500; turn++) {
      this.log.step();
      await this.#clock.turn();
    }
    if (this.fences > 0) this.breaches.push("a fence waits for the policy");
    let closed = false;
    const closing = this.#wal.close().then(() => closed = true);
    for (let turn = 0; !closed && turn < 500; turn++) {
      this.log.step();
      await this.#clock.turn();
    }
    if (!closed) return void this.breaches.push("close() hangs");
    await closing;
    if (this.open > 0) this.breaches.push(`${this.open} calls hang`);
    if (this.#clock.timers > 0) this.breaches.push("a timer is left");
  }

  #append({ size, ack }: { size: number; ack?: AckLevel }): void {
    const { bytes, first, accept } = this.#draw([size]);
    const call = this.#wal.append(bytes[0], { ack });
    accept();
    bytes[0].fill(0);
    const level = ack ?? this.#ack;
    this.#expect(call, (lsn) => lsn, { least: first, most: first, level });
  }

  #appendBatch({ sizes, ack }: { sizes: number[]; ack?: AckLevel }): void {
    const { bytes, first, accept } = this.#draw(sizes);
    const call = this.#wal.appendBatch(bytes, { ack });
    accept();
    for (const record of bytes) record.fill(0);
    const last = first + sizes.length - 1;
    this.#expect(call, ({ first: given, last }) => {
      if (given !== first) this.breaches.push("a batch begins elsewhere");
      return last;
    }, { least: last, most: last, level: ack ?? this.#ack });
  }

  #enqueue(size: number): void {
    const { bytes, first, accept } = this.#draw([size]);
    try {
      const lsn = this.#wal.enqueue(bytes[0]);
      accept();
      this.#lastPlaced = lsn;
      if (lsn !== first) this.breaches.push(`enqueue gave ${lsn}`);
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
    }
    bytes[0].fill(0);
  }

  #settled({ back, ack }: { back: number; ack?: AckLevel }): void {
    const lsn = this.#lastPlaced - back;
    if (lsn < 1) return;
    const level = ack ?? this.#ack;
    const call = this.#wal.settled(lsn, ack);
    this.#expect(call, () => lsn, { least: 1, most: lsn, level });
  }

  #flush(): void {
    const least = this.texts.length;
    const bounds = { least, most: Infinity, level: "disk" } as const;
    this.#expect(this.#wal.flush(), (lsn) => lsn, bounds);
  }

  /** What was appended before is flushed, whatever the new policy says. */
  #configure(
    { changes, make }: { changes: WalSettings; make?: () => BatchPolicy },
  ): void {
    const before = this.#wal.settings;
    const last = this.texts.length;
    const policy = make?.();
    const settings = { ...changes, policy };
    if (before.synchronous === "off" && changes.synchronous === undefined) {
      delete settings.syncIntervalMs; // Nothing else is allowed with it.
    }
    const call = this.#wal.configure(settings);
    const { syncIntervalMs, synchronous } = this.#wal.settings;
    this.#ack = DEFAULT_ACK[synchronous];
    const isOfAge = syncIntervalMs !== before.syncIntervalMs;
    const isFence = isOfAge || policy !== undefined;
    const level = isOfAge ? "disk" : isFence ? "os" : "memory";
    this.fences++;
    const done = () => void this.fences--;
    call.then(done, done);
    this.#expect(call, () => last, { least: last, most: last, level });
  }

  /** Records of these sizes, each of them different if it has a byte. */
  #draw(sizes: number[]) {
    const first = this.texts.length + 1;
    const texts = sizes.map((size) =>
      `${++this.#count}`.padEnd(size, ".").slice(0, size)
    );
    const bytes = texts.map((text) => new TextEncoder().encode(text));
    return { bytes, first, accept: () => this.accepted.push({ first, texts }) };
  }

  /** Judges a promise at the very moment at which it resolves. */
  #expect<Value>(
    call: Promise<Value>,
    lsnOf: (value: Value) => number,
    { least, most, level }: { least: number; most: number; level: AckLevel },
  ): void {
    this.open++;
    call.then((value) => {
      this.open--;
      const lsn = lsnOf(value);
      if (lsn < least || lsn > most) this.breaches.push(`LSN ${lsn}: ${least}`);
      const { lastLsn, syncedLsn } = this.log;
      const reached = level === "os" ? lastLsn : syncedLsn;
      if (level === "memory" || lsn <= reached) return;
      this.breaches.push(`${level} ack of ${lsn} is early`);
    }, (error) => this.breaches.push(`rejected: ${error}`));
  }
}
