/*
 * A program for Node that is bundled, then run: it writes a log, damages it,
 * has it repaired, and reads what is left, with a trace. It prints a line.
 */
import { Wal } from "@syncline/wal";
import { loadTrace } from "@syncline/wal/simulator";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const top = mkdtempSync(join(tmpdir(), "syncline-"));
try {
  const directory = join(top, "log");
  const lines: string[] = [];
  const trace = { write: (more: string) => void lines.push(more) };
  const wal = await Wal.open(directory, { trace, warn() {} });
  for (const text of ["one", "two", "three"]) await wal.append(text);
  await wal.close();
  const name = readdirSync(directory).find((name) => name.endsWith(".wal"))!;
  const bytes = readFileSync(join(directory, name));
  bytes[bytes.indexOf("two")] ^= 1;
  writeFileSync(join(directory, name), bytes);
  const salvaged = await Wal.open(directory, {
    recovery: "salvage",
    warn() {},
  });
  const kept: string[] = [];
  for await (const { lsn, data } of salvaged.read()) {
    kept.push(`${lsn} ${new TextDecoder().decode(data)}`);
  }
  await salvaged.close();
  const { flushes } = await loadTrace(lines);
  console.log(`kept ${kept.join(", ")}; traced ${flushes.length} flushes`);
} finally {
  rmSync(top, { recursive: true });
}
