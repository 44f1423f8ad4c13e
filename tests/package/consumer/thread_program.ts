/*
 * A program that is bundled, then run where nothing but the bundle is: it
 * appends 1000 records on a flush thread, reads them back, and prints a line.
 */
import { Wal } from "@syncline/wal";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROUNDS = 10;
const RECORDS = 100;

async function main(directory: string): Promise<string> {
  const options = { flushing: "thread", warn() {} } as const;
  const wal = await Wal.open(directory, options);
  for (let round = 0; round < ROUNDS; round++) {
    const records = Array.from(
      { length: RECORDS },
      (_, at) => `${round} ${at}`,
    );
    await Promise.all(records.map((record) => wal.append(record)));
  }
  const { thread, flushes } = wal.stats();
  await wal.close();
  const reopened = await Wal.open(directory, options);
  let kept = 0;
  for await (const { data } of reopened.read()) {
    const expected = `${Math.floor(kept / RECORDS)} ${kept % RECORDS}`;
    if (new TextDecoder().decode(data) !== expected) break;
    kept++;
  }
  await reopened.close();
  // The first flush makes a segment, which no thread does.
  const inline = flushes.count - thread.wakeMs.count;
  return `kept ${kept}; the thread is ${thread.status}, ` +
    `and made all flushes but ${inline}`;
}

// Without `await`, because not every format has it here.
const top = mkdtempSync(join(tmpdir(), "syncline-"));
main(join(top, "log"))
  .then((line) => console.log(line))
  .finally(() => rmSync(top, { recursive: true }));
