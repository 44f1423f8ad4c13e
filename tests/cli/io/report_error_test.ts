import { InterruptedError } from "../../../cli/io/cli_io.ts";
import { errorToJson } from "../../../cli/io/report_error.ts";
import { CorruptLogError } from "../../../storage/corrupt_log_error.ts";
import { StorageError } from "../../../storage/storage_error.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { wal } from "../../kit/run_tool.ts";

test("errorToJson() has a code for each class, and what the error knows", () => {
  assertEquals(errorToJson(new CorruptLogError("f", 8, "why")), {
    code: "corrupt-log",
    message: 'Cannot read "f" at offset 8: why',
    ...{ file: "f", offset: 8 },
  });
  assertEquals(errorToJson(new StorageError("m", "p", "EACCES")), {
    ...{ code: "storage", message: "m", file: "p", errno: "EACCES" },
  });
  assertEquals(errorToJson(new InterruptedError("m")).code, "interrupted");
  for (const other of [new Error("m"), new RangeError("m"), "m"]) {
    assertEquals(errorToJson(other), { code: "failed", message: "m" });
  }
});

test("errors are objects on standard error with --json, unless that is an argument", async () => {
  const missing = ["cat", "/nowhere", "--json"];
  const { code, stdout, stderr } = await wal(missing);
  assertEquals([code, stdout.length], [1, 0]);
  const { message: _, ...error } = JSON.parse(stderr);
  assertEquals(error, { code: "storage", file: "/nowhere", errno: "ENOENT" });
  for (const args of [["frob", "--json"], ["cat", "--json"], ["--json"]]) {
    const bad = await wal(args);
    assertEquals([bad.code, JSON.parse(bad.stderr).code], [2, "usage"]);
  }
  const operand = await wal(["cat", "a", "--", "--json"]);
  assertEquals(operand.stderr.startsWith("wal: cat takes one"), true);
});
