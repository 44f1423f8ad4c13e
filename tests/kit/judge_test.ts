import {
  addToRuns,
  judge,
  type LogContent,
  type Run,
} from "../s3/chaos/judge.ts";
import { makeChaosRecord, readChaosRecord } from "../s3/chaos/chaos_record.ts";
import { assertEquals } from "./assert.ts";
import { test } from "./register.ts";

/** A log of `"session nth"`, from `firstLsn` on; `"-"` is missing. */
function content(records: readonly string[], firstLsn = 1) {
  const runs: Run[] = [];
  records.forEach((text, index) => {
    const [session, nth] = text.split(" ");
    if (text === "-") return;
    addToRuns(runs, {
      session,
      nth: Number(nth),
      lsn: firstLsn + index,
      count: 1,
    });
  });
  const lastLsn = firstLsn + records.length - 1;
  return { firstLsn, lastLsn, runs, damaged: [] };
}

function acks(...texts: string[]): Run[] {
  return texts.map((text) => {
    const [session, nth, lsn] = text.split(" ");
    return { session, nth: Number(nth), lsn: Number(lsn), count: 1 };
  });
}

/** The kinds of findings. */
function kinds(
  log: LogContent,
  acked: Run[],
  truncatedTo = 0,
  seen: Run[] = [],
): string[] {
  return Object.entries(judge(log, { acked, seen, truncatedTo }))
    .flatMap(([kind, list]) => list.length > 0 ? [kind] : []);
}

test("judge() accepts owners one after the other, records without acks too", () => {
  const log = content(["1.1 1", "1.1 2", "2.1 1", "1.2 1", "1.2 2"]);
  const all = acks("1.1 1 1", "2.1 1 3", "1.2 1 4", "1.2 2 5");
  assertEquals(kinds(log, all), []);
});

test("judge() accepts a log that was truncated, and what is acknowledged below", () => {
  const log = content(["1.1 5", "2.1 1"], 5);
  assertEquals(kinds(log, acks("1.1 1 1", "1.1 5 5"), 5), []);
  assertEquals(kinds(log, [], 4), ["gaps"]);
});

const wrong: Readonly<Record<string, [string[], Run[], string[]]>> = {
  "an ack beyond the end": [["1.1 1"], acks("1.1 2 2"), ["lost"]],
  "an ack at another place": [
    ["1.1 1", "1.1 2"],
    acks("1.1 1 2"),
    ["lost"],
  ],
  "an ack of a session whose record is not there": [
    ["1.1 1", "2.1 1"],
    acks("1.1 2 2"),
    ["stale"],
  ],
  "a session that comes back": [
    ["1.1 1", "2.1 1", "1.1 2"],
    [],
    ["interleaved"],
  ],
  "a record twice": [["1.1 1", "1.1 1"], [], ["duplicated"]],
  "a number left out": [["1.1 1", "1.1 3"], [], ["gaps"]],
  "a session that does not begin with 1": [["1.1 1", "2.1 2"], [], ["gaps"]],
  "an LSN left out": [["1.1 1", "-", "1.1 2"], [], ["gaps"]],
  "a missing end": [["1.1 1", "-"], [], ["gaps"]],
};

for (const [what, [records, all, expected]] of Object.entries(wrong)) {
  test(`judge() finds ${what}`, () => {
    assertEquals(kinds(content(records), all), expected);
  });
}

test("judge() finds what was read and is gone", () => {
  const log = content(["1.1 1", "2.1 1"]);
  assertEquals(kinds(log, [], 0, acks("1.1 1 1")), []);
  assertEquals(kinds(log, [], 0, acks("1.1 2 2")), ["withdrawn"]);
});

test("readChaosRecord() knows its records, and none that was changed", () => {
  for (const nth of [1, 39, 40]) {
    const record = { session: "12.3", nth };
    const bytes = makeChaosRecord(record);
    assertEquals(readChaosRecord(bytes), record);
    bytes[bytes.length - 1] ^= 1;
    assertEquals(readChaosRecord(bytes), undefined);
    assertEquals(readChaosRecord(bytes.subarray(1)), undefined);
  }
});
