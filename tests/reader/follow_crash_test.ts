import { explore } from "../../testing/mod.ts";
import { Wal } from "../../wal.ts";
import type { Synchronous } from "../../wal_options.ts";
import { assert, assertEquals, assertGreater } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

/*
 * Goal: what a follower at level "disk" was shown survives any crash. Method:
 * every instant of small lives, every disk that the fault model allows there,
 * each call failing once.
 */

/** A record that a follower was shown. */
interface Shown {
  lsn: number;
  text: string;
}

const OPTIONS = { segmentBytes: 4096, reserveBytes: 0, warn() {} } as const;

/** Notes what a follower at level "disk" is shown. */
async function noteAll(wal: Wal, note: (shown: Shown) => void): Promise<void> {
  const text = new TextDecoder();
  for await (const { lsn, data } of wal.follow()) {
    note({ lsn, text: text.decode(data) });
  }
}

async function checkAll(wal: Wal, shown: readonly Shown[]): Promise<void> {
  const texts = new Map<number, string>();
  const text = new TextDecoder();
  for await (const { lsn, data } of wal.read()) {
    texts.set(lsn, text.decode(data));
  }
  for (const { lsn, text } of shown) assertEquals(texts.get(lsn), text);
  const lsns = shown.map(({ lsn }) => lsn);
  assertEquals(lsns, lsns.map((_, at) => at + 1));
}

for (const synchronous of ["full", "normal"] as Synchronous[]) {
  for (const slow of [false, true]) {
    test(`no crash loses what a follower at "disk" was shown: synchronous ${synchronous}, ${slow ? "slow" : "fast"} storage`, async () => {
      const { states } = await explore<Shown>(
        async ({ storage, clock, note }) => {
          const options = { ...OPTIONS, clock, synchronous };
          const wal = await Wal.open(storage, options);
          noteAll(wal, note).catch(() => {});
          const long = "x".repeat(3000);
          wal.append("one").catch(() => {});
          await wal.append("two");
          wal.append(long).catch(() => {});
          wal.append("four", { ack: "disk" }).catch(() => {});
          await wal.append(long);
          await wal.close();
        },
        async ({ storage, clock, facts }) => {
          const wal = await Wal.open(storage, { ...OPTIONS, clock });
          await checkAll(wal, facts);
        },
        { faults: true, slow, bound: 32, samples: 2, print: () => {} },
      );
      assertGreater(states, 100);
    });
  }
}

test('a follower at "disk" is shown all of a life that ends well', async () => {
  let seen = 0;
  await explore<Shown>(
    async ({ storage, clock, note }) => {
      const wal = await Wal.open(storage, { ...OPTIONS, clock });
      const following = noteAll(wal, (shown) => {
        seen = shown.lsn;
        note(shown);
      });
      for (let lsn = 1; lsn <= 5; lsn++) await wal.append(`record ${lsn}`);
      await wal.close();
      await following;
    },
    () => Promise.resolve(),
    { bound: 1, samples: 0, print: () => {} },
  );
  assert(seen === 5);
});
