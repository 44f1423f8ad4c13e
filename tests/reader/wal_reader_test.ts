import { WalReader } from "../../reader/wal_reader.ts";
import { MemoryStorage } from "../../storage/memory/memory_storage.ts";
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("WalReader reads what a writer has written, at its level", async () => {
  const storage = new MemoryStorage();
  const wal = await Wal.open(storage);
  const written = await WalReader.open(storage, { level: "os" });
  const durable = await WalReader.open(storage);
  for (const record of ["one", "two", "three"]) await wal.append(record);
  await written.refresh();
  await durable.refresh();
  const texts = async (reader: WalReader) => {
    const found: string[] = [];
    for await (const { data } of reader.read()) {
      found.push(new TextDecoder().decode(data));
    }
    return found;
  };
  assertEquals(await texts(written), ["one", "two", "three"]);
  assertEquals(await texts(durable), ["one", "two"]);
  await wal.close();
  await durable.refresh();
  assertEquals(await texts(durable), ["one", "two", "three"]);
  await written.close();
  await durable.close();
});
