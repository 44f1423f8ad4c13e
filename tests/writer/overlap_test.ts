import { Overlap } from "../../writer/overlap.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/** A device: the fixed cost of a flush, and that of each record, in ms. */
interface Device {
  readonly fixedMs: number;
  readonly recordMs: number;
}

/** Callers that append again once they are released, flush by flush. */
function drive(
  { fixedMs, recordMs }: Device,
  { callers, appendMs }: { callers: number; appendMs: number },
  flushes = 2000,
): { overlap: Overlap; divided: number } {
  const overlap = new Overlap();
  let divided = 0;
  for (let flush = 0; flush < flushes; flush++) {
    overlap.observeTurn(callers, callers * appendMs);
    const records = Math.min(callers, overlap.partRecords);
    if (records < callers) divided++;
    for (
      const part of records < callers ? [records, callers - records] : [callers]
    ) {
      const ms = fixedMs + part * recordMs;
      const queued = callers - part;
      overlap.observeFlush({ records: part, bytes: part * 104, queued, ms });
    }
  }
  return { overlap, divided: divided / flushes };
}

test("Overlap divides callers that take longer to append than a flush costs at least", () => {
  const device = { fixedMs: 0.1, recordMs: 0.0005 };
  const { overlap, divided } = drive(device, {
    callers: 1024,
    appendMs: 0.001,
  });
  assert(divided > 0.9, `${divided}`);
  assertEquals(overlap.isSlow, false);
  const part = overlap.pays ? overlap.partRecords : 512;
  assert(part > 400 && part < 600, `${part}`);
});

test("Overlap leaves together few callers, and those that append fast", () => {
  const device = { fixedMs: 0.1, recordMs: 0.0001 };
  const few = drive(device, { callers: 64, appendMs: 0.01 });
  assertEquals(few.divided, 0);
  const fast = drive(device, { callers: 1024, appendMs: 0.00005 });
  assert(fast.divided > 0 && fast.divided < 0.05, `${fast.divided}`);
});

test("Overlap leaves callers together on a slow device, which it tells", () => {
  const device = { fixedMs: 10, recordMs: 0.0001 };
  const { overlap, divided } = drive(device, {
    callers: 1024,
    appendMs: 0.001,
  });
  assert(divided < 0.05, `${divided}`);
  assertEquals(overlap.isSlow, true);
});

test("Overlap finds the fixed cost of flushes that cost more by their size", () => {
  // By its whole cost, a second flush would seem too expensive.
  const device = { fixedMs: 0.1, recordMs: 0.002 };
  const { divided } = drive(device, { callers: 1024, appendMs: 0.0005 });
  assert(divided > 0.7, `${divided}`);
});

test("Overlap divides nothing before it has measured", () => {
  const overlap = new Overlap();
  assertEquals(overlap.partRecords, Infinity);
  assertEquals(overlap.pays, false);
  overlap.observeTurn(1000, 1);
  assertEquals(overlap.partRecords, Infinity);
});
