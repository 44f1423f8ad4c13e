/*
 * Goal: what is acknowledged at `memory` is not lost silently when a process
 * exits. Method: processes of all runtimes that leave while two logs are open.
 */
import { Wal } from "../../wal.ts";
import { assertEquals } from "../kit/assert.ts";
import { runChild } from "../kit/process/child.ts";
import { bundleVictim, runtimes } from "../kit/process/runtimes.ts";
import { textsOf } from "../kit/reader_kit.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

/** What a runtime has told, and what is left in two logs. */
async function leave(
  victim: string,
  command: readonly string[],
  { atExit, way, flushing, scratch }: Record<
    "atExit" | "way" | "flushing" | "scratch",
    string
  >,
): Promise<{ warnings: string[]; texts: string[] }> {
  const directories = ["one", "two"].map((name) =>
    [scratch, command[0].replaceAll("/", "_"), atExit, way, flushing, name]
      .join("-")
  );
  const args = [victim, atExit, way, flushing, ...directories];
  const { errors } = await runChild([...command, ...args]);
  const texts: string[] = [];
  for (const directory of directories) {
    const wal = await Wal.open(directory);
    texts.push(...await textsOf(wal));
    await wal.close();
  }
  const warnings = errors.split("\n").filter((line) => line.includes("lost"));
  return { warnings, texts };
}

test("Wal flushes or warns when its process exits, if it was asked to", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("leaver", scratch);
    await Promise.all(runtimes.map(async ({ name, command }) => {
      const ways = ["end", name === "Deno" ? "Deno.exit" : "process.exit"];
      for (const way of ways) {
        const about = `${name}, ${way}`;
        const go = (atExit: string, flushing = "inline") =>
          leave(victim, command, { atExit, way, flushing, scratch });
        const threaded = await go("flush", "thread");
        assertEquals(threaded.texts.length, 4, about);
        const flushed = await go("flush");
        assertEquals(flushed.texts.length, 4, about);
        assertEquals(flushed.warnings, [], about);
        const warned = await go("warn");
        assertEquals(warned.texts, [], about);
        assertEquals(warned.warnings.length, 2, about);
      }
    }));
  });
});
