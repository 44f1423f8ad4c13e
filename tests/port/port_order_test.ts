/*
 * Goal: whatever several ports and the thread of the log append at the same
 * time, at whatever limits, the log holds each call's records whole and once,
 * under the LSNs that it returned, and those of one port in call order. Method:
 * random programs over a log that notes its frames.
 */
import fc from "fast-check";
import { openPort, WalPort } from "../../port/mod.ts";
import { BytesPolicy } from "../../policies/bytes_policy.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals } from "../kit/assert.ts";
import { FakeFrameLog } from "../kit/fake_frame_log.ts";
import { test } from "../kit/register.ts";

const step = fc.record({
  /** Which port; 0 is the log itself. */
  by: fc.nat(3),
  how: fc.constantFrom("append", "batch", "enqueue", "turn"),
  ack: fc.constantFrom("memory", "os", "disk"),
  sizes: fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
});

const program = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 60 }),
  limitBytes: fc.integer({ min: 16, max: 400 }),
  maxQueuedRecords: fc.integer({ min: 1, max: 20 }),
  answer: fc.constantFrom("once", "promise"),
});

type Program = typeof program extends fc.Arbitrary<infer Value> ? Value : never;

/** What a call has appended, and the LSN of the first of it. */
interface Done {
  readonly by: number;
  readonly texts: readonly string[];
  readonly first: Promise<number>;
  readonly isAtomic: boolean;
}

async function run({ steps, limitBytes, maxQueuedRecords, answer }: Program) {
  const log = new FakeFrameLog({ answer });
  const policy = new BytesPolicy({ bytes: limitBytes });
  const wal = await Wal.open(log, { policy, maxQueuedRecords });
  const ports = [1, 2, 3].map(() => new WalPort(openPort(wal)));
  const done: Done[] = [];
  let nth = 0;
  for (const { by, how, ack, sizes } of steps) {
    const target = by === 0 ? wal : ports[by - 1];
    const texts = sizes.map((size) => `${nth++}`.padEnd(size));
    const [text] = texts;
    const note = (first: Promise<number>, texts: string[], isAtomic = false) =>
      done.push({ by, texts, first, isAtomic });
    if (how === "turn") await new Promise((wake) => setTimeout(wake, 0));
    else if (how === "append") note(target.append(text, { ack }), [text]);
    else if (how === "batch") {
      const range = target.appendBatch(texts, { ack });
      note(range.then(({ first }) => first), texts, true);
    } else if (target instanceof WalPort) {
      const ticket = target.enqueue(text, { ack });
      note(target.settled(ticket, ack), [text]);
    }
  }
  await Promise.all(ports.map((port) => port.flush()));
  const placed = await Promise.all(
    done.map(async ({ first, ...rest }) => ({ ...rest, first: await first })),
  );
  await Promise.all(ports.map((port) => port.close()));
  await wal.close();
  return { log, placed, limitBytes };
}

test("ports append whole calls, in order, once, within the limits", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (program) => {
      const { log, placed, limitBytes } = await run(program);
      const texts = log.texts();
      const total = placed.reduce((sum, { texts }) => sum + texts.length, 0);
      assertEquals(texts.length, total);
      const lasts = [0, 0, 0, 0];
      for (const call of placed) {
        const { by, first } = call;
        assertEquals(texts.slice(first - 1, first - 1 + call.texts.length), [
          ...call.texts,
        ]);
        assert(first > lasts[by], `${first} after ${lasts[by]}`);
        lasts[by] = first;
        const frame = log.frames.find(({ firstLsn, records }) =>
          first >= firstLsn && first < firstLsn + records.length
        )!;
        const last = first + call.texts.length - 1;
        if (!call.isAtomic) continue;
        assert(last < frame.firstLsn + frame.records.length, "two frames");
      }
      const isAlone = placed.every(({ isAtomic }) => !isAtomic);
      for (const { length, records } of log.frames) {
        const fits = length <= limitBytes || records.length === 1 || !isAlone;
        assert(fits, `${length} bytes in a frame`);
      }
    }),
    { numRuns: 60 },
  );
});
