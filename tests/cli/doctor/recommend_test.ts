import { formatCode } from "../../../cli/doctor/format_code.ts";
import { recommend } from "../../../cli/doctor/recommend.ts";
import * as library from "../../../mod.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

function chosen(p50: number, p99: number): string[] {
  const { io, policy, reasons } = recommend({
    blockingMs: { p50, p99 },
    threadedMs: p50 + 0.04,
  });
  assertEquals(reasons.length, 2);
  return [io, policy];
}

test("recommend() chooses io and policy by what a sync costs", () => {
  assertEquals(chosen(0.03, 0.2), ["blocking", "leader"]);
  assertEquals(chosen(0.03, 0.6), ["auto", "leader"]);
  assertEquals(chosen(0.9, 1.2), ["auto", "leader"]);
  assertEquals(chosen(1.1, 1.2), ["threaded", "leader"]);
  assertEquals(chosen(1.99, 3), ["threaded", "leader"]);
  assertEquals(chosen(2, 3), ["threaded", "adaptive"]);
  assertEquals(chosen(10, 30), ["threaded", "adaptive"]);
});

test("recommend() goes by the rows of a simulation, if there are any", () => {
  const row = (name: string, p99Ms: number) => ({
    ...{ name, meanMs: 1, p99Ms, p50Ms: 0, p999Ms: 0, maxMs: 0 },
    ...{
      recordsPerSecond: 1,
      flushesPerSecond: 1,
      recordsPerFlush: 1,
      busyShare: 0,
    },
  });
  const costs = { blockingMs: { p50: 10, p99: 20 }, threadedMs: 10 };
  const rows = [row("leader", 9), row("age:2", 5)];
  const { policy, reasons } = recommend(costs, rows);
  assertEquals(policy, "age:2");
  assertEquals(
    reasons[1],
    'with the trace\'s appends, an ack under "age:2" takes 1.00 ms on average, ' +
      '5.00 ms at p99; under "leader", the default, 1.00 ms on average, 9.00 ms ' +
      "at p99",
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
