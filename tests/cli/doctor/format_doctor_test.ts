import { formatDoctor } from "../../../cli/doctor/format_doctor.ts";
import { Distribution } from "../../../cli/doctor/histogram.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

function runs(count: number): Distribution {
  const distribution = new Distribution();
  for (let nth = 1; nth <= count; nth++) distribution.add(nth);
  return distribution;
}

test("formatDoctor() shows no p99 of fewer than 100 runs", () => {
  const mount = { type: "xfs", source: "/dev/x", at: "/", device: "8:1" };
  const lines = [...formatDoctor({
    place: {
      path: "/data",
      mount: { ...mount, options: [] },
      writeCache: "write back",
    },
    runtime: "Node 20",
    seconds: 3,
    results: [
      {
        trial: { file: "zeroed", call: "blocking", bytes: 4096 },
        all: runs(100),
      },
      {
        trial: { file: "growing", call: "worker", bytes: 4096 },
        all: runs(99),
      },
      {
        trial: { file: "growing", call: "blocking", bytes: 512 },
        all: runs(1),
      },
    ],
    warnings: ["mind this"],
    recommendation: { io: "auto", policy: "leader", reasons: ["it is so"] },
    code: ["open();"],
  })].join("\n");
  assertEquals(lines.split("\n"), [
    "directory    /data",
    "file system  xfs on /dev/x, write cache: write back, which a sync flushes",
    "runtime      Node 20",
    "measured     3 ways, interleaved, for 3 s",
    "",
    "4 KiB written                p50      p90      p99      max  runs/s  " +
    "|1ms |10ms",
    "  zero-filled, blocking  50.2 ms  90.0 ms  99.2 ms   100 ms      20  " +
    "▁▁▁▁▁▂▃▄▆█",
    "  growing, worker        50.2 ms  90.0 ms        -  99.0 ms      20  " +
    "▁▁▁▁▁▂▃▄▆█",
    "",
    "other sizes",
    "  growing, 512 B         1.00 ms  1.00 ms        -  1.00 ms   1,000  █",
    "",
    "WARNING: mind this",
    "",
    "Recommended:",
    "",
    "  open();",
    "",
    "- it is so",
  ]);
});
