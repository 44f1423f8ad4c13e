/*
 * Goal: a dispatcher that is killed loses no event, keeps the order, and
 * delivers none of a transfer that was not made. Method: a ledger in this process, and
 * dispatchers in processes of all runtimes, each killed with SIGKILL at a random
 * instant; the last one delivers what is left.
 */
import { readFileSync } from "node:fs";
import { Ledger } from "../../../../docs/examples/outbox/ledger.ts";
import { assert, assertEquals, assertGreater } from "../../../kit/assert.ts";
import { bundleModule } from "../../../kit/process/bundle_module.ts";
import { Child, runChild } from "../../../kit/process/child.ts";
import { generator } from "../../../kit/process/record_content.ts";
import { runtimes } from "../../../kit/process/runtimes.ts";
import { test } from "../../../kit/register.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";

const ROUNDS = 6;

/** Longest life of a dispatcher, in ms. */
const LIFE_MS = 120;

test("dispatch() loses no event in a process that is killed again and again", async () => {
  await withTempDir(async (scratch) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const next = generator(seed);
    const source = new URL("victim.ts", import.meta.url).pathname;
    const victim = await bundleModule(source, `${scratch}/victim.mjs`);
    const [directory, delivered] = [`${scratch}/log`, `${scratch}/delivered`];
    const ledger = await Ledger.open(directory, { segmentBytes: 4096 });
    await ledger.openAccount("ann", 1e9);
    await ledger.openAccount("bob", 0);
    let made = 0;
    let isOver = false;
    const shopping = (async () => {
      while (!isOver) {
        const id = `${made + 1}`;
        await ledger.transfer(id, { from: "ann", to: "bob", cents: 1 });
        made++;
        if (made % 20 === 0) await ledger.checkpoint();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    const commandOf = (round: number) => [
      ...runtimes[round % runtimes.length].command,
      ...[victim, directory, delivered, round < ROUNDS ? "" : "last"],
    ];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        await using child = new Child(commandOf(round));
        await child.nextLine();
        await new Promise((resolve) => setTimeout(resolve, next() % LIFE_MS));
        child.kill("SIGKILL");
        const { signal, errors } = await child.ended;
        assertEquals(signal, "SIGKILL", `seed ${seed}, ${round}: ${errors}`);
      }
    } finally {
      isOver = true;
      await shopping;
      await ledger.close();
    }
    await runChild(commandOf(ROUNDS));
    judge(readFileSync(delivered, "utf8"), made, `seed ${seed}`);
  });
});

/** All is there, in order, and so is what was delivered again. */
function judge(text: string, made: number, message: string): void {
  const lines = text.split("\n").slice(0, -1);
  let last = 0;
  for (const line of lines) {
    const number = Number(line.split(" ")[0]);
    assert(number <= last + 1, `${message}: ${number} after ${last}`);
    assertEquals(
      line,
      `${number} ${number % 5 === 0 ? "buried" : "delivered"}`,
    );
    last = number;
  }
  assertEquals(last, made, message);
  assertGreater(made, 20, message);
}
