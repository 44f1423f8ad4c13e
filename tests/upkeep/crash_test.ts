/*
 * Goal: whenever power is lost while records are archived and dropped, each
 * record that is gone was archived, and each that is left is there. Method: the
 * archive notes what it has as soon as it has it; every instant, every disk that
 * the fault model allows, each call failing once; then recovery goes on, and is
 * crashed as well.
 */
import { explore, type ExploreOptions, type Life } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { isMine } from "../kit/share.ts";

/** What the archive has, or the program was promised. */
type Fact =
  | { kind: "archived"; first: number; last: number }
  | { kind: "acked"; lsn: number; text: string }
  | { kind: "cutting"; lsn: number };

const TEXT = "".padEnd(1500, "-");

/** What the log has warned of since it was opened. */
let warnings: string[] = [];

/** A log whose archive outlives it, and which drops all that it may. */
async function open({ storage, clock, note }: Life<Fact>): Promise<Wal> {
  warnings = [];
  return await Wal.open(storage, {
    clock,
    segmentBytes: 4096,
    reserveBytes: 512,
    retention: { bytes: 0, graceMs: 0, everyMs: 600 },
    async archive(segment) {
      let bytes = 0;
      for await (const piece of segment) bytes += piece.length;
      assertEquals(bytes, segment.bytes);
      note({
        kind: "archived",
        first: segment.firstLsn,
        last: segment.lastLsn,
      });
    },
    warn: (message) => warnings.push(message),
  });
}

async function append(life: Life<Fact>, wal: Wal, count: number) {
  for (let nth = 0; nth < count; nth++) {
    const text = `${wal.lastLsn + 1}${TEXT}`;
    const lsn = await wal.append(text);
    life.note({ kind: "acked", lsn, text });
  }
}

/** Long enough to archive what is sealed, and to drop it. */
function wait({ clock }: Life<Fact>): Promise<void> {
  return new Promise((resolve) => clock.after(1201, resolve));
}

async function judge({ facts }: Life<Fact>, wal: Wal): Promise<void> {
  assertEquals(warnings, []);
  const archived = new Set<number>();
  let acked = new Map<number, string>();
  for (const fact of facts) {
    if (fact.kind === "acked") acked.set(fact.lsn, fact.text);
    else if (fact.kind === "cutting") {
      acked = new Map([...acked].filter(([lsn]) => lsn <= fact.lsn));
    } else {
      for (let lsn = fact.first; lsn <= fact.last; lsn++) archived.add(lsn);
    }
  }
  for (let lsn = 1; lsn < wal.firstLsn; lsn++) {
    assert(archived.has(lsn), `record ${lsn} was dropped, and not archived`);
  }
  for (const [lsn, text] of acked) {
    if (lsn < wal.firstLsn) continue;
    const record = await wal.get(lsn);
    assertEquals(new TextDecoder().decode(record?.data), text);
  }
}

async function workload(life: Life<Fact>): Promise<void> {
  const wal = await open(life);
  await append(life, wal, 5);
  await wait(life);
  await wal.close();
}

/** One segment of one record, and one that is written to. */
async function smallWorkload(life: Life<Fact>): Promise<void> {
  const wal = await open(life);
  await wal.appendBatch([TEXT, TEXT]);
  await append(life, wal, 1);
  await wait(life);
  await wal.close();
}

async function workloadWithCut(life: Life<Fact>): Promise<void> {
  const wal = await open(life);
  await append(life, wal, 5);
  life.note({ kind: "cutting", lsn: 3 });
  await wal.truncateAfter(3);
  await wait(life);
  await append(life, wal, 3);
  await wait(life);
  await wal.close();
}

async function check(whole: Life<Fact>): Promise<void> {
  const facts = [...whole.facts];
  const life: Life<Fact> = {
    ...whole,
    facts,
    note(fact) {
      facts.push(fact);
      whole.note(fact);
    },
  };
  const wal = await open(life);
  await judge(life, wal);
  await append(life, wal, 1);
  await wait(life);
  await judge(life, wal);
  await wal.close();
}

/** What each runtime tries of a case that another one explores in depth. */
const FEW: ExploreOptions = { bound: 1, samples: 0, crashes: 1 };

async function crashEverywhere(
  body: (life: Life<Fact>) => Promise<void>,
  options: ExploreOptions,
): Promise<void> {
  await explore<Fact>(body, check, { print() {}, ...options });
}

test("an archive has all that was dropped, whenever power is lost", async () => {
  await crashEverywhere(workload, isMine(0) ? { bound: 8, samples: 1 } : FEW);
});

test("an archive has all that was dropped, on a slow disk that is cut back", async () => {
  const depth = isMine(1) ? { bound: 4, samples: 1 } : FEW;
  await crashEverywhere(workloadWithCut, { ...depth, slow: true });
});

test("an archive has all that was dropped, if any call fails", async () => {
  await crashEverywhere(smallWorkload, { ...FEW, faults: isMine(2) });
});
