/**
 * Goal: an append keeps its word, however short of room the log is. Method:
 * random scripts of appends that expect an LSN or are aborted, on a log with a
 * tiny queue and, in some, a full disk; each record is unlike any other, so the
 * log itself shows which of them it has.
 *
 * @module
 */
import fc from "fast-check";
import { StorageFullError } from "../../storage/storage_error.ts";
import { AppendAbortedError } from "../../writer/abort.ts";
import { ConflictError, QueueFullError } from "../../writer/append_queue.ts";
import {
  appendSteps,
  runAppends,
  type ScriptedAppend,
  type ScriptRun,
} from "../kit/append_script.ts";
import { assert, assertEquals, assertInstanceOf } from "../kit/assert.ts";
import { hostilePolicies } from "../kit/hostile_policy.ts";
import { test } from "../kit/register.ts";

const settings = fc.record({
  maxQueuedRecords: fc.integer({ min: 1, max: 6 }),
  maxQueuedBytes: fc.integer({ min: 1, max: 100 }),
  maxWaitingRecords: fc.constantFrom(3, 100),
  trace: fc.constantFrom(undefined, { write: () => {} }),
});

/** Where the records of an append are; -1 if they are nowhere. */
function placeOf(run: ScriptRun, { texts: [first, ...rest] }: ScriptedAppend) {
  const at = run.texts.indexOf(first);
  for (const [index, text] of rest.entries()) {
    assertEquals(run.texts.indexOf(text), at < 0 ? -1 : at + 1 + index);
  }
  assertEquals(run.texts.lastIndexOf(first), at, "a record is there twice");
  return at < 0 ? -1 : at + 1;
}

/** Checks one append; with `mayDrop`, the disk may have been full. */
function checkAppend(
  run: ScriptRun,
  append: ScriptedAppend,
  mayDrop: boolean,
): void {
  const { acked: { state, value, error }, ack, expect } = append;
  const lsn = placeOf(run, append);
  if (append.wasAborted) assertEquals(state, "rejected");
  if (state === "resolved") {
    assert(lsn === value || ack === "memory" && mayDrop && lsn === -1);
    assert(expect === undefined || expect === value);
  } else if (error instanceof AppendAbortedError) {
    assert(lsn === error.lsn || mayDrop && lsn === -1);
    assert(/^signal \d$/.test(`${error.cause}`));
  } else {
    assertEquals(state, "rejected", "an append without an answer");
    assertEquals(lsn, -1, `a record that was refused with ${error}`);
    if (error instanceof ConflictError) {
      assertEquals(error.expected, expect);
      assert(error.next !== expect);
    } else if (typeof error === "string") assert(/^signal \d$/.test(error));
    else if (!mayDrop) assertInstanceOf(error, QueueFullError);
    else assert(isOfAFullLog(error), `${error}`);
  }
}

function isOfAFullLog(error: unknown): boolean {
  return error instanceof StorageFullError || error instanceof QueueFullError;
}

/** Checks what concerns all appends together. */
function checkTogether({ appends, texts, frames, signals }: ScriptRun): void {
  const order = texts.map((text) => Number.parseInt(text));
  assertEquals(order, order.toSorted((one, other) => one - other));
  for (const { texts: [first, ...rest] } of appends) {
    const frame = frames.find(({ records }) => includes(records, first));
    const isWhole = rest.every((text) => includes(frame?.records ?? [], text));
    assert(frame === undefined || isWhole, "a batch in two frames");
  }
  assertEquals(signals.map(({ listeners }) => listeners), [0, 0, 0]);
  assert(signals.every(({ most }) => most <= 1));
}

function includes(records: readonly Uint8Array[], text: string): boolean {
  return records.some((record) => new TextDecoder().decode(record) === text);
}

for (const fillsDisk of [false, true]) {
  const where = fillsDisk ? "on a disk that fills up" : "in a tiny queue";
  test(`append() keeps its word ${where}`, async () => {
    const property = fc.asyncProperty(
      appendSteps(fillsDisk),
      hostilePolicies,
      settings,
      fc.constantFrom("once", "promise"),
      async (steps, makePolicy, bounds, answer) => {
        const options = { policy: makePolicy(), ...bounds };
        const run = await runAppends(steps, options, answer);
        for (const append of run.appends) checkAppend(run, append, fillsDisk);
        checkTogether(run);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
}

test("append() with expect conflicts exactly if it would get another LSN", async () => {
  const property = fc.asyncProperty(
    appendSteps(false),
    settings,
    async (steps, bounds) => {
      const run = await runAppends(steps, bounds, "promise");
      let next = 1;
      for (const append of run.appends) {
        if (placeOf(run, append) > 0) next += append.texts.length;
        const { error } = append.acked;
        if (error instanceof ConflictError) assertEquals(error.next, next);
      }
      assertEquals(next, run.texts.length + 1);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
