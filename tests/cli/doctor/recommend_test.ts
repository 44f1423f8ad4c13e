import { formatCode } from "../../../cli/doctor/format_code.ts";
import { recommend } from "../../../cli/doctor/recommend.ts";
import { decide } from "../../../cli/lab/decide.ts";
import * as library from "../../../mod.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** Costs of a thread with the same median in both halves of the time. */
function costs(p50: number, p99 = p50 * 1.5, halves = [p50, p50]) {
  const [first, second] = halves;
  return { p50, p99, halves: [first, second] as const };
}

function chosen(p50: number): string[] {
  const { io, policy, reasons } = recommend({
    blocking: costs(p50),
    threaded: costs(p50 * 1.05),
  });
  assertEquals([io, reasons.length], ["auto", 2]);
  return [policy];
}

test("recommend() chooses a policy by what a sync costs", () => {
  assertEquals(chosen(0.03), ["leader"]);
  assertEquals(chosen(1.99), ["leader"]);
  assertEquals(chosen(2), ["adaptive"]);
  assertEquals(chosen(10), ["adaptive"]);
});

test("recommend() names io only if both halves measured a difference", () => {
  const io = (
    blocking: ReturnType<typeof costs>,
    threaded: ReturnType<typeof costs>,
  ) => recommend({ blocking, threaded }).io;
  assertEquals(io(costs(0.1), costs(0.15)), "blocking");
  assertEquals(io(costs(0.1), costs(0.109)), "auto");
  assertEquals(io(costs(0.1, 2), costs(0.15)), "auto");
  assertEquals(io(costs(8), costs(8.1)), "auto");
  assertEquals(io(costs(8), costs(5)), "threaded");
  assertEquals(
    io(costs(0.1, 0.2, [0.1, 0.16]), costs(0.15, 0.2, [0.14, 0.15])),
    "auto",
  );
  assertEquals(io(costs(0.1, 0.2, [0.1, NaN]), costs(0.15)), "auto");
});

test("recommend() goes by a verdict, if there is one", () => {
  const figures = (meanMs: number) => ({
    ...{ name: "", meanMs, p99Ms: 9, p50Ms: 0, p999Ms: 0, maxMs: 0 },
    ...{ recordsPerSecond: 1, flushesPerSecond: 1, recordsPerFlush: 1 },
    busyShare: 0,
  });
  const threads = { blocking: costs(10), threaded: costs(10) };
  const verdict = decide([
    { name: "leader", runs: [figures(2)] },
    { name: "age:2", runs: [figures(1)] },
  ]);
  const { policy, reasons } = recommend(threads, verdict);
  assertEquals(policy, "age:2");
  assertEquals(
    reasons[1],
    'Best by mean latency: "age:2", clearly, with 1.00 ms; "leader", the ' +
      "default, has 2.00 ms.",
  );
});

test("formatCode() makes code that opens a log", () =>
  withTempDir(async (dir) => {
    for (
      const policy of [
        ...["leader", "leader:5", "count:9,age:2.5", "adaptive", "adaptive:9"],
      ]
    ) {
      for (const io of ["auto", "blocking", "threaded"] as const) {
        const storage = "NodeStorage";
        const code = formatCode({ directory: dir, io, policy, storage })
          .join("\n");
        const [, names, body] = /^import \{([^}]*)\}.*?;\n(.*)$/s.exec(code)!;
        const make = new Function(
          `library`,
          `const { ${names} } = library;
           return (async () => { ${body} return wal; })();`,
        );
        const wal: library.Wal = await make(library);
        await wal.append("a record");
        await wal.close();
      }
    }
  }));

test("formatCode() names what differs from the defaults", () => {
  const show = (io: "auto" | "threaded", policy: string) =>
    formatCode({ directory: "./my log", io, policy, storage: "DenoStorage" });
  assertEquals(show("auto", "leader"), [
    'import { Wal } from "@syncline/wal";',
    "",
    'const wal = await Wal.open("./my log");',
  ]);
  assertEquals(show("threaded", "count:9,age:2"), [
    "import { AgePolicy, anyOf, CountPolicy, DenoStorage, Wal } from " +
    '"@syncline/wal";',
    "",
    'const wal = await Wal.open("./my log", {',
    "  policy: anyOf(new CountPolicy({ records: 9 }), new AgePolicy({ ms: 2 })),",
    '  storage: (dir) => new DenoStorage(dir, { io: "threaded" }),',
    "});",
  ]);
});
