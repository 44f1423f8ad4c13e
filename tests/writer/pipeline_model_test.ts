/**
 * Goal: with several commits in progress, every call is answered in LSN order,
 * at its level, and never after a commit that failed.
 *
 * Method: random scripts against a log whose commits end in any order, or fail,
 * when the script says so. A plain list of commits says which records are safe;
 * after each step, each call must be as that list says.
 *
 * @module
 */
import fc from "fast-check";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Wal } from "../../wal.ts";
import { AppendAbortedError } from "../../writer/abort.ts";
import { QueueFullError } from "../../writer/append_queue.ts";
import { LogFailedError } from "../../writer/log_failed_error.ts";
import { assert, assertEquals, assertLessOrEqual } from "../kit/assert.ts";
import { friendlyPolicies, hostilePolicies } from "../kit/hostile_policy.ts";
import { changingScripts, type Command, ModelRun } from "../kit/model_run.ts";
import {
  type FakeCommit,
  PipelinedFrameLog,
} from "../kit/pipelined_frame_log.ts";
import { test } from "../kit/register.ts";
import { track, type Tracked } from "../kit/track.ts";

const policies = fc.oneof(friendlyPolicies, hostilePolicies);
const depths = fc.constantFrom(1, 2, 3, 4, 7);

const bounds = fc.record({
  maxQueuedRecords: fc.constantFrom(1, 3, 8, 10_000),
  maxQueuedBytes: fc.constantFrom(20, 64, 1 << 20),
});

test("Wal with a pipeline keeps every record once, in call order, and acknowledges none early", async () => {
  const property = fc.asyncProperty(
    ...[policies, bounds, depths, changingScripts] as const,
    async (makePolicy, bounds, depth, script: Command[]) => {
      const log = new PipelinedFrameLog(depth);
      const options = { ...bounds, policy: makePolicy() };
      const run = await ModelRun.open(options, log);
      for (const command of script) await run.execute(command);
      await run.close();
      assertEquals(run.breaches, []);
      assertEquals(log.texts(), run.texts);
      assertEquals(log.stray, []);
      assertLessOrEqual(log.mostInFlight, depth);
      assertEquals(log.calls.at(-1), "close");
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

type Step =
  | { do: "append" | "appendBatch" | "enqueue" | "signal" | "flush" | "turn" }
  | { do: "resolve" | "reject"; nth: number };

const word = (...words: Exclude<Step["do"], "resolve" | "reject">[]) =>
  fc.record({ do: fc.constantFrom(...words) });

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: word("append", "appendBatch", "enqueue", "signal", "flush"),
  },
  { weight: 8, arbitrary: word("turn") },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("resolve" as const),
      nth: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("reject" as const),
      nth: fc.nat(6),
    }),
  },
);

/** A call, and the record that it waits for. */
interface Call {
  readonly lsn: number;
  readonly tracked: Tracked<unknown>;
  /** A flush may also wait for later records. */
  readonly isAppend: boolean;
  /** Ends it early. */
  readonly abort?: AbortController;
}

const gone = new Error("the store is gone");

/** A log under a script, and the model of its acknowledgements. */
class FaultyRun {
  readonly #wal: Wal;
  readonly #log: PipelinedFrameLog;
  readonly #clock: VirtualClock;
  readonly #calls: Call[] = [];
  readonly #ended = new Set<FakeCommit>();
  /** LSNs in the order in which they were acknowledged. */
  readonly #acked: number[] = [];
  #lastLsn = 0;
  /** The last record that is safe: all commits up to it have succeeded. */
  #safe = 0;
  #hasFailed = false;
  /** Ends an append that has a place. */
  #abort: AbortController | undefined;

  constructor(wal: Wal, log: PipelinedFrameLog, clock: VirtualClock) {
    this.#wal = wal;
    this.#log = log;
    this.#clock = clock;
  }

  async execute(step: Step): Promise<void> {
    if (step.do === "turn") await this.#clock.turn();
    else if (step.do === "resolve") this.#resolve(step.nth);
    else if (step.do === "reject") this.#reject(step.nth);
    else if (!this.#hasFailed) this.#call(step.do);
    // Promises of calls are settled some microtasks later.
    for (let tick = 0; tick < 20; tick++) await null;
    this.#judge();
  }

  /** Ends all commits, and closes the log. */
  async close(): Promise<void> {
    const closing = track(this.#wal.close());
    for (let turn = 0; closing.state === "pending" && turn < 300; turn++) {
      this.#resolve(0);
      await this.#clock.turn();
    }
    assert(closing.state !== "pending", "close() hangs");
    this.#judge();
    for (const { tracked } of this.#calls) assert(tracked.state !== "pending");
    const sorted = this.#acked.toSorted((one, other) => one - other);
    assertEquals(this.#acked, sorted);
    assertEquals(this.#log.stray, []);
    assertLessOrEqual(this.#log.mostInFlight, this.#log.pipeline.depth);
  }

  #call(what: "append" | "appendBatch" | "enqueue" | "signal" | "flush"): void {
    const wal = this.#wal;
    if (what === "append") return this.#note(wal.append("a"), 1);
    if (what === "appendBatch") {
      return this.#note(wal.appendBatch(["b", "c"]), 2);
    }
    if (what === "flush") return this.#note(wal.flush(), 0);
    if (what === "signal") {
      this.#abort?.abort();
      const abort = new AbortController();
      const { signal } = abort;
      this.#note(wal.append("d", { signal }), 1, abort);
      // One that waits for room would take its LSN with it.
      const hasPlace = wal.stats().queue.waitingRecords === 0;
      this.#abort = hasPlace ? abort : undefined;
      return;
    }
    try {
      wal.enqueue("e");
      this.#lastLsn++;
    } catch (error) {
      assert(error instanceof QueueFullError);
    }
  }

  #note(
    call: Promise<unknown>,
    records: number,
    abort?: AbortController,
  ): void {
    this.#lastLsn += records;
    const lsn = this.#lastLsn;
    const tracked = track(call);
    const isAppend = records > 0;
    if (isAppend) call.then(() => this.#acked.push(lsn), () => {});
    this.#calls.push({ lsn, tracked, isAppend, ...(abort && { abort }) });
  }

  #resolve(nth: number): void {
    const { inFlight, commits } = this.#log;
    const commit = inFlight[nth % Math.max(1, inFlight.length)];
    if (commit === undefined) return;
    commit.resolve();
    this.#ended.add(commit);
    if (this.#hasFailed) return;
    for (
      const { lastLsn } of commits.filter((_, index) =>
        commits.slice(0, index + 1).every((one) => this.#ended.has(one))
      )
    ) this.#safe = Math.max(this.#safe, lastLsn);
  }

  #reject(nth: number): void {
    const { inFlight } = this.#log;
    const commit = inFlight[nth % Math.max(1, inFlight.length)];
    if (commit === undefined) return;
    commit.reject(gone);
    this.#hasFailed = true;
  }

  #judge(): void {
    assertEquals(this.#wal.durableLsn, this.#safe);
    assertEquals(
      this.#wal.health.status,
      this.#hasFailed ? "failed" : "healthy",
    );
    for (const { lsn, tracked, isAppend, abort } of this.#calls) {
      const { state, error } = tracked;
      if (abort?.signal.aborted && error instanceof AppendAbortedError) {
        continue;
      }
      const expected = lsn <= this.#safe
        ? "resolved"
        : this.#hasFailed
        ? "rejected"
        : "pending";
      const isLonger = !isAppend && state === "pending" && !this.#hasFailed;
      if (!isLonger) assertEquals(state, expected, `the call for ${lsn}`);
      if (state === "rejected") assert(error instanceof LogFailedError);
    }
  }
}

test("Wal with a pipeline answers as a list of its commits says, even if one fails", async () => {
  const property = fc.asyncProperty(
    ...[friendlyPolicies, bounds, depths] as const,
    fc.array(steps, { maxLength: 60, size: "max" }),
    async (makePolicy, bounds, depth, script) => {
      const log = new PipelinedFrameLog(depth);
      const clock = new VirtualClock();
      const policy = makePolicy();
      const wal = await Wal.open(log, { ...bounds, clock, policy });
      const run = new FaultyRun(wal, log, clock);
      for (const step of script) await run.execute(step);
      await run.close();
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
