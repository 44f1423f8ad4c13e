import { InterruptedError } from "../../../cli/io/cli_io.ts";
import { interruptibleStorage } from "../../../cli/io/log_directory.ts";
import { MemoryStorage } from "../../../storage/memory/memory_storage.ts";
import { assertEquals, assertRejects } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const byte = () => new Uint8Array(1);

test("interruptibleStorage() reads no more once it is interrupted", async () => {
  const memory = new MemoryStorage();
  memory.put("a", new Uint8Array([7]));
  const controller = new AbortController();
  const storage = interruptibleStorage(memory, controller.signal);
  const file = await storage.open("a", "read");
  const into = byte();
  assertEquals([await file.read(into, 0), into[0]], [1, 7]);
  controller.abort("SIGINT");
  await assertRejects(async () => await file.read(into, 0), InterruptedError);
  assertEquals(storage.location, memory.location);
  assertEquals(await storage.list(), ["a"]);
});

test("interruptibleStorage() finishes a file, and begins no other", async () => {
  const memory = new MemoryStorage();
  memory.put("a", new Uint8Array([7]));
  const controller = new AbortController();
  const storage = interruptibleStorage(memory, controller.signal);
  const source = await storage.open("a", "read");
  const target = await storage.open("b", "create");
  controller.abort("SIGINT");
  const into = byte();
  assertEquals(await source.read(into, 0), 1);
  assertEquals(await target.write(into, 0), 1);
  await target.datasync();
  await storage.rename("b", "c");
  await assertRejects(
    async () => await storage.open("d", "create"),
    InterruptedError,
  );
  assertEquals(memory.list().sort(), ["a", "c"]);
});
