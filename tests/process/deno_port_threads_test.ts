/*
 * Goal: threads that append to one log by ports may end at any instant: the log
 * holds whole calls, in order, once, and all that was acknowledged; nothing of
 * them is left; and neither an idle port nor its log keeps anything alive.
 * Method: a process on each runtime whose threads are terminated at random.
 */
import { assert, assertEquals, assertGreater } from "../kit/assert.ts";
import { Child } from "../kit/process/child.ts";
import { bundleVictim, runtimes } from "../kit/process/runtimes.ts";
import type {
  PortThreadsOrders,
  PortThreadsReport,
} from "../kit/process/victims/port_threads.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const TERMINATIONS = 40;

for (const { name, command } of runtimes) {
  test(`WalPort leaves whole calls or none when threads of ${name} end`, () =>
    withTempDir(async (scratch) => {
      const victim = await bundleVictim("port_threads", scratch);
      const seed = Math.floor(Math.random() * 2 ** 31);
      const orders: PortThreadsOrders = {
        ...{ directory: `${scratch}/log`, seed, terminations: TERMINATIONS },
      };
      await using child = new Child([
        ...[...command, victim, JSON.stringify(orders)],
      ]);
      const { code, output, errors } = await child.ended;
      assertEquals(code, 0, `seed ${seed}: ${errors}`);
      const report: PortThreadsReport = JSON.parse(output);
      assertEquals(report.problems, [], `seed ${seed}`);
      assertGreater(report.writers, TERMINATIONS / 4, output);
      assert(report.records >= report.acked, output);
      assertEquals(report.portsLeft, 0, output);
      assertEquals(report.waited, 1, output);
      assertEquals(report.idleEnded, true, output);
      assertEquals(report.orphaned, "PortClosedError, true", output);
      if (name === "Node") return;
      assertEquals(report.byWebWorker, ["wait", "idle", "from", "the web"]);
    }));
}
