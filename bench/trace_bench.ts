/*
 * What a trace costs the log that is traced: a log that keeps nothing, and a
 * sink that keeps nothing. Divide by records to get ns per record.
 */
import { Wal } from "../wal.ts";
import { NullFrameLog } from "./process/null_frame_log.ts";

const RECORDS = 1000;
const record = new Uint8Array(100).fill(7);
const trace = { write: () => {}, maxBytes: Number.MAX_SAFE_INTEGER };
const plain = await Wal.open(new NullFrameLog());
const traced = await Wal.open(new NullFrameLog(), { trace });

async function enqueueAll(wal: Wal): Promise<void> {
  let lsn = 0;
  for (let index = 0; index < RECORDS; index++) lsn = wal.enqueue(record);
  await wal.settled(lsn);
}

for (const [name, wal] of Object.entries({ plain, traced })) {
  const baseline = wal === plain;
  // Deno decides by `async` alone whether there is something to await.
  Deno.bench(
    `enqueue records=1000, one settled, ${name}`,
    { group: "trace, many records", baseline },
    async () => await enqueueAll(wal),
  );
  Deno.bench(
    `append records=1, awaited, ${name}`,
    { group: "trace, one record", baseline },
    async () => {
      await wal.append(record);
    },
  );
}
