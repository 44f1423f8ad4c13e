import { once } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

const THREAD = "follow while followers are being loaded";

/** What is shown by a follower, and by one that leaves at once. */
async function followAndClose(): Promise<unknown> {
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
  return [await following, (await next).value?.lsn, (await leaving).done];
}

if (workerData === THREAD) {
  parentPort!.postMessage(await followAndClose());
} else {
  test("close() waits for followers that are being loaded", async () => {
    // Only in a thread of its own nothing has loaded them before.
    const thread = new Worker(import.meta.filename!, { workerData: THREAD });
    const [shown] = await once(thread, "message");
    await thread.terminate();
    assertEquals(shown, [[1], 1, true]);
  });
}
