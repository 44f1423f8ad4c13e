/*
 * Goal: whichever system call fails, on every runtime, the log stops,
 * acknowledges nothing further, ends its process, and keeps what it
 * acknowledged. Method: strace makes calls of a real process fail; a limit on
 * the size of files, which needs no strace, makes real writes short and then
 * fail.
 */
import { mkdirSync } from "node:fs";
import { assert, assertEquals } from "../kit/assert.ts";
import { checkTrace } from "../kit/process/check_trace.ts";
import { runChild } from "../kit/process/child.ts";
import { readNotes } from "../kit/process/read_notes.ts";
import {
  bundleVictim,
  type Runtime,
  runtimes,
} from "../kit/process/runtimes.ts";
import {
  type Fault,
  readTrace,
  traced,
  tracedTest,
} from "../kit/process/strace.ts";
import { verifyLogs } from "../kit/process/verify_logs.ts";
import type { OrderlyOrders } from "../kit/process/victims/orderly.ts";
import { test } from "../kit/register.ts";
import { withTempDir } from "../kit/temp_dir.ts";

const SEED = 11;
const FAILED = 3;
const NOT_OPENED = 4;

const segment = (log: string) => `${log}/0000000000000001-00000001.wal`;
const writes = "write,pwrite64,writev,pwritev";

interface Case extends Omit<Fault, "paths"> {
  readonly name: string;
  readonly code: number;
  /** Where, if not everywhere. */
  readonly paths?: (log: string) => string[];
  readonly io?: OrderlyOrders["io"];
}

const CASES: Case[] = [
  {
    name: "sync of the manifest",
    calls: "fdatasync",
    what: "error=EIO:when=1",
    code: NOT_OPENED,
  },
  // The second is the reserve's, without which a log opens. The third is of the
  // first segment, still without its name.
  ...[3, 4, 9].map((k) => ({
    name: `sync ${k}`,
    calls: "fdatasync",
    what: `error=EIO:when=${k}`,
    code: FAILED,
  })),
  {
    name: "threaded sync",
    calls: "fdatasync",
    what: "error=EIO:when=3+",
    io: "threaded",
    code: FAILED,
  },
  ...[1, 6].map((k) => ({
    name: `write ${k}`,
    calls: writes,
    what: `error=EIO:when=${k}`,
    paths: (log: string) => [segment(log)],
    code: FAILED,
  })),
  {
    name: "header of a new segment",
    calls: writes,
    what: "error=EIO:when=1",
    paths: (log) => [`${segment(log)}.tmp`],
    code: FAILED,
  },
  {
    name: "rename of the manifest",
    calls: "rename",
    what: "error=EIO:when=1",
    code: NOT_OPENED,
  },
  {
    name: "link of a segment",
    calls: "link,linkat",
    what: "error=EIO:when=2",
    code: FAILED,
  },
  {
    name: "sync of the directory",
    calls: "fsync",
    what: "error=EIO:when=4",
    paths: (log) => [log],
    code: FAILED,
  },
  {
    name: "sync of the parent",
    calls: "fsync",
    what: "error=EIO:when=1",
    code: NOT_OPENED,
  },
  {
    // As on NFS, where only a sync reports that there is no room.
    name: "sync of the lock file",
    calls: "fsync",
    what: "error=ENOSPC:when=2",
    code: NOT_OPENED,
  },
  {
    name: "release of the lock",
    calls: "ftruncate",
    what: "error=EIO:when=1",
    code: FAILED,
  },
  {
    name: "link of the lock",
    calls: "link,linkat",
    what: "error=EIO:when=1",
    code: NOT_OPENED,
  },
];

for (const runtime of runtimes) {
  tracedTest(
    `Wal stops for good when a system call fails on ${runtime.name}`,
    async () => {
      await withTempDir(async (scratch) => {
        const victim = await bundleVictim("orderly", scratch);
        const all: OrderlyOrders[] = [];
        for (const { name, code, paths, ...fault } of CASES) {
          const orders = ordersIn(`${scratch}/${name}`, fault.io);
          all.push(orders);
          const command = [...runtime.command, victim, JSON.stringify(orders)];
          const trace = `${orders.notes}.trace`;
          const only = paths && { paths: paths(orders.directory) };
          const broken = traced(command, trace, { ...fault, ...only });
          await runChild(broken, { codes: [code] });
          if (paths) continue; // Not everything was traced.
          const { problems } = checkTrace(readTrace(trace), orders);
          assertEquals(problems, [], name);
        }
        await verify(another(runtime), scratch, all);
      });
    },
  );
}

test("Wal stops for good when a write is short and the next fails", async () => {
  await withTempDir(async (scratch) => {
    const victim = await bundleVictim("orderly", scratch);
    for (const runtime of runtimes) {
      const orders = ordersIn(`${scratch}/${runtime.name}`);
      const command = [...runtime.command, victim, JSON.stringify(orders)];
      // In units of 512 bytes. Ignored, the signal leaves EFBIG to the write.
      const limited = `trap "" XFSZ; ulimit -f 5; exec "$@"`;
      await runChild(["sh", "-c", limited, "sh", ...command], {
        codes: [FAILED],
      });
      assert(readNotes(orders.notes).highest > 0, runtime.name);
      await verify(another(runtime), scratch, [orders]);
    }
  });
});

tracedTest(
  "DenoStorage locks where the kernel's locks are not available",
  async () => {
    await withTempDir(async (scratch) => {
      const victim = await bundleVictim("orderly", scratch);
      const [{ command }, node] = runtimes;
      const orders = ordersIn(`${scratch}/log`);
      const plain = [...command, victim, JSON.stringify(orders)];
      const fault = { calls: "flock", what: "error=ENOLCK" };
      const trace = `${orders.notes}.trace`;
      await runChild(traced(plain, trace, fault));
      const calls = readTrace(trace).map(({ call }) => call.error);
      assert(calls.includes("ENOLCK"));
      await verify(node, scratch, [orders]);
    });
  },
);

/** The next in the list. */
function another(runtime: Runtime): Runtime {
  return runtimes[(runtimes.indexOf(runtime) + 1) % runtimes.length];
}

function ordersIn(
  scratch: string,
  io: OrderlyOrders["io"] = "blocking",
): OrderlyOrders {
  mkdirSync(scratch);
  const [directory, notes] = [`${scratch}/log`, `${scratch}/notes`];
  return { directory, notes, seed: SEED, io };
}

/** Opens the logs in a fresh process, where nothing fails. */
async function verify(
  runtime: Runtime,
  scratch: string,
  all: readonly OrderlyOrders[],
): Promise<void> {
  const verifier = await bundleVictim("verifier", scratch);
  const orders = all.map(({ directory, seed, notes }) => ({
    directory,
    seed,
    notes: [{ round: 0, file: notes }],
  }));
  const found = await verifyLogs(runtime, verifier, orders);
  for (const [index, { first, acked }] of found.entries()) {
    const lsns = readNotes(all[index].notes).acked;
    assertEquals(acked, lsns.filter((lsn) => lsn >= first).length);
  }
}
