// Nothing may have loaded the followers before: one test, in its own file.
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("close() waits for followers that are being loaded", async () => {
  const wal = await Wal.open(new MemoryStorage());
  await wal.append("one");
  const following = (async () => {
    const lsns: number[] = [];
    for await (const { lsn } of wal.follow()) lsns.push(lsn);
    return lsns;
  })();
  const left = wal.follow();
  const next = left.next();
  const leaving = left.return(undefined);
  await wal.close();
  assertEquals(await following, [1]);
  assertEquals([(await next).value?.lsn, (await leaving).done], [1, true]);
});
