import { parseCommand } from "../../cli/command.ts";
import { UsageError } from "../../cli/parse_value.ts";
import { assertEquals, assertThrows } from "../kit/assert.ts";
import { test } from "../kit/register.ts";

test("parseCommand() reads options anywhere", () => {
  assertEquals(
    parseCommand(["cat", "--from", "3", "log", "--to=9", "-f", "--json"]),
    { name: "cat", directory: "log", from: 3, to: 9, follow: true, json: true },
  );
  assertEquals(
    parseCommand(["append", "log"]),
    { name: "append", directory: "log", ack: "disk", takeOver: false },
  );
  assertEquals(
    parseCommand(["repair", "--dry-run", "log"]),
    {
      ...{ name: "repair", directory: "log", dryRun: true },
      ...{ takeOver: false, json: false },
    },
  );
  assertEquals(
    parseCommand(["verify", "log", "--json"]),
    { name: "verify", directory: "log", json: true },
  );
  assertEquals(parseCommand(["cat", "-h"]), { name: "help", topic: "cat" });
});

test("parseCommand() refuses bad usage", () => {
  const bad = ["", "frob", "append", "append a b", "append a --ack tape"];
  bad.push("cat a --from 0", "cat a --to x", "cat a --from 3 --to 2");
  bad.push("verify", "inspect a --nope", "cat a --from");
  bad.push("lab", "lab a --policy frob", "lab a --sync-ms x");
  bad.push("lab a --price-per-million -1", "lab a --seed 0");
  bad.push("append a --segment-bytes 4095", "append a --segment-bytes x");
  bad.push("repair a --dry-run --take-over");
  bad.push("doctor", "doctor a --seconds 0", "doctor a --seconds x");
  for (const line of bad) {
    const args = line === "" ? [] : line.split(" ");
    assertThrows(() => parseCommand(args), UsageError);
  }
});

test("parseCommand() reads what a log is opened with", () => {
  const command = parseCommand(
    ["append", "a", "--take-over", "--segment-bytes", "1m"],
  );
  assertEquals(command, {
    ...{ name: "append", directory: "a", ack: "disk" },
    ...{ takeOver: true, segmentBytes: 1024 ** 2 },
  });
  assertThrows(
    () => parseCommand(["append", "a", "--segment-bytes", "100"]),
    UsageError,
    '--segment-bytes must be at least 4096: received "100"',
  );
});
