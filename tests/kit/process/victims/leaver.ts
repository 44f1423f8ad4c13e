import process from "node:process";
import { CountPolicy } from "../../../../policies/count_policy.ts";
import { Wal } from "../../../../wal.ts";

/*
 * A process that appends a record to each of two logs, which nothing flushes,
 * and leaves in the given way. A thread has flushed something before.
 */
const [, , atExit, way, flushing, ...directories] = process.argv;
for (const directory of directories) {
  const wal = await Wal.open(directory, {
    flushing: flushing as "inline" | "thread",
    policy: new CountPolicy({ records: 1000, whenIdle: "wait" }),
    ...(atExit !== "nothing" && { atExit: atExit as "warn" | "flush" }),
  });
  await wal.append("acknowledged at memory", { ack: "memory" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  wal.enqueue("and another");
}
if (way === "process.exit") process.exit(0);
if (way === "Deno.exit") Deno.exit(0);
