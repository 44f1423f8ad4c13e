import { append } from "../../cli/append/append.ts";
import { cat } from "../../cli/cat/cat.ts";
import { UsageError } from "../../cli/command.ts";
import { doctor } from "../../cli/doctor/doctor.ts";
import { verify } from "../../cli/examine/verify.ts";
import { lab } from "../../cli/lab/lab.ts";
import { repair } from "../../cli/repair/repair.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";
import { wal } from "../kit/run_tool.ts";

test("CliCommand.parse() reads options anywhere", () => {
  assertEquals(
    cat.parse(["--from", "3", "log", "--to=9", "-f", "--json"]),
    {
      place: { directory: "log" },
      from: 3,
      to: 9,
      follow: true,
      json: true,
      written: false,
    },
  );
  assertEquals(
    append.parse(["log"]),
    { place: { directory: "log" }, ack: "disk", takeOver: false, json: false },
  );
  assertEquals(
    repair.parse(["--dry-run", "log"]),
    { directory: "log", dryRun: true, takeOver: false, json: false },
  );
  assertEquals(
    verify.parse(["log", "--json"]),
    { place: { directory: "log" }, json: true },
  );
  assertEquals(
    doctor.parse(["--seconds", "0.5", "log", "--trace", "file"]),
    {
      ...{ directory: "log", seconds: 0.5, trace: "file", json: false },
      ...{ goal: "mean", seeds: 10 },
    },
  );
  assertEquals(
    lab.parse([
      ...["--policy=age:2", "--policy", "leader", "file", "--seeds=7"],
      ...["--goal=p99", "--max-p99-ms", "5", "--recorded-policy=leader"],
    ]),
    {
      ...{ trace: "file", policies: ["age:2", "leader"], json: false },
      ...{ goal: "p99", maxP99Ms: 5, seeds: 7, recordedPolicy: "leader" },
    },
  );
});

test("CliCommand.parse() reads the options that a log is opened with", () => {
  assertEquals(
    append.parse(["a", "--take-over", "--segment-bytes", "1m"]),
    {
      ...{ place: { directory: "a" }, ack: "disk", json: false },
      ...{ takeOver: true, segmentBytes: 1024 ** 2 },
    },
  );
  assertThrows(
    () => append.parse(["a", "--segment-bytes", "100"]),
    UsageError,
    '--segment-bytes must be at least 4096: received "100"',
  );
});

test("CliCommand.parse() says which number is wrong, and what it must be", () => {
  assertThrows(
    () => cat.parse(["a", "--from", "0"]),
    UsageError,
    '--from must be an integer of at least 1: received "0"',
  );
  assertThrows(
    () => lab.parse(["a", "--sync-ms", "x"]),
    UsageError,
    '--sync-ms must be a finite number of at least 0: received "x"',
  );
});

test("bad usage exits with 2 and says what is wrong", async () => {
  const bad = ["", "frob", "append", "append a b", "append a --ack tape"];
  bad.push("cat a --from 0", "cat a --to x", "cat a --from 3 --to 2");
  bad.push("verify", "inspect a --nope", "cat a --from");
  bad.push("lab", "lab a --policy frob", "lab a --sync-ms x");
  bad.push("lab a --price-per-million=-1", "lab a --seed 0", "lab a --svg b");
  bad.push("append a --segment-bytes 4095", "append a --segment-bytes x");
  bad.push("append a --policy count:0", "append -- --help more");
  bad.push("repair a --dry-run --take-over");
  bad.push("export", "export a --from 1 --since 1h", "export a --since noon");
  bad.push("export a --from 3 --to 2", "import a b", "import");
  bad.push("import a --renumber --resume", "completion", "truncate a");
  bad.push("doctor", "doctor a --seconds 0", "doctor a --seconds x");
  for (const line of bad) {
    const { code, stdout, stderr } = await wal(line.split(" ").filter(Boolean));
    assertEquals([code, stdout.length], [2, 0], line);
    assertEquals(/^wal: .*\nTry "wal .*--help"\n$/.test(stderr), true, stderr);
  }
});
