/**
 * Holds the arrows of the design: which files may import which, how long a
 * file may be, and that the barrels are whole.
 *
 * @module
 */
import { assert, assertEquals } from "./support/assert.ts";
import { importsOf, linesOf, sourceFiles } from "./support/sources.ts";
import { test } from "./support/register.ts";

/** The files that put the parts together, so they may name them. */
const composing = /^(wal|wal_options|open_frame_log|cli)\.ts$|^cli\//;

/** What the folders keep to themselves, `_` names aside. */
const internal = new Set([
  "storage/active_segment.ts",
  "storage/create_segment.ts",
  "storage/manifest_file.ts",
  "storage/read_segments.ts",
  "storage/remove_file.ts",
  "storage/segment_chain.ts",
  "storage/segment_cursor.ts",
  "storage/segment_damage.ts",
  "storage/segment_log.ts",
  "storage/segment_reader.ts",
  "storage/segment_supply.ts",
  "storage/space_reserve.ts",
  "storage/write_all.ts",
  "trace/trace_recorder.ts",
]);

const library = sourceFiles();

/** `file -> what it imports`, for each import that breaks a rule. */
function breaches(
  concerns: (file: string) => boolean,
  allows: (to: string, typeOnly: boolean) => boolean,
): string[] {
  return library.filter(concerns).flatMap((file) =>
    importsOf(file)
      .filter(({ to, typeOnly }) => !allows(to, typeOnly))
      .map(({ to }) => `${file} -> ${to}`)
  );
}

const isFlat = (file: string) => !file.includes("/");
const isBarrel = (file: string) => /(^|\/)mod\.ts$/.test(file);

test("policies import nothing but policies", () => {
  const isPolicy = (file: string) => file.startsWith("policies/");
  assertEquals(breaches(isPolicy, isPolicy), []);
});

test("storage imports nothing but storage, and types of node: built-ins", () => {
  const isStorage = (file: string) => file.startsWith("storage/");
  const allows = (to: string, typeOnly: boolean) =>
    isStorage(to) || typeOnly && to.startsWith("node:");
  assertEquals(breaches(isStorage, allows), []);
});

test("recovery imports nothing but recovery and storage", () => {
  const isRecovery = (file: string) => file.startsWith("recovery/");
  const allows = (to: string) => isRecovery(to) || to.startsWith("storage/");
  assertEquals(breaches(isRecovery, allows), []);
});

test("the simulator imports only the core's decisions and formats", () => {
  const isSimulator = (file: string) => file.startsWith("simulator/");
  const decisions = ["batch_bounds.ts", "decide_flush.ts", "report_flush.ts"];
  const allows = (to: string, typeOnly: boolean) =>
    isSimulator(to) || decisions.includes(to) ||
    to.startsWith("storage/format/") || typeOnly && to.startsWith("policies/");
  assertEquals(breaches(isSimulator, allows), []);
});

test("traces import the simulator, and of the core types and formats", () => {
  const isTrace = (file: string) => file.startsWith("trace/");
  const allows = (to: string, typeOnly: boolean) =>
    isTrace(to) || to.startsWith("simulator/") ||
    to.startsWith("storage/format/") ||
    typeOnly && (to === "clock.ts" || to.startsWith("policies/"));
  assertEquals(breaches(isTrace, allows), []);
});

test("the test kit imports the library, and node:assert/strict alone", () => {
  const isKit = (file: string) => file.startsWith("testing/");
  const allows = (to: string) =>
    library.includes(to) || to === "node:assert/strict";
  assertEquals(breaches(isKit, allows), []);
  const knowsKit = (to: string) => !isKit(to);
  assertEquals(breaches((file) => !isKit(file), knowsKit), []);
});

/** What a frame log throws at its caller, who tells it from others. */
const isSeamError = (file: string) => /^storage\/\w+_error\.ts$/.test(file);

test("the core imports only types of policies, storage and traces, and errors", () => {
  const isCore = (file: string) =>
    isFlat(file) && !isBarrel(file) && !composing.test(file);
  const allows = (to: string, typeOnly: boolean) =>
    isFlat(to) || to.startsWith("storage/format/") || isSeamError(to) ||
    typeOnly && /^(policies|storage|trace)\//.test(to);
  assertEquals(breaches(isCore, allows), []);
});

test("storage/format is pure: it imports nothing but itself", () => {
  const isFormat = (file: string) => file.startsWith("storage/format/");
  assertEquals(breaches(isFormat, isFormat), []);
});

test("nobody imports a mod.ts but another mod.ts", () => {
  const isNone = (file: string) => !isBarrel(file);
  assertEquals(breaches(isNone, (to) => !isBarrel(to)), []);
});

test("the library imports no package, and files by their whole name", () => {
  const allows = (to: string) =>
    to.startsWith("node:") || /\.ts$/.test(to) ||
    to === "deno.json";
  assertEquals(breaches(() => true, allows), []);
});

test("only the command line and the test kit import node: built-ins", () => {
  const isPure = (file: string) =>
    !file.startsWith("storage/") && !composing.test(file) &&
    !file.startsWith("testing/");
  assertEquals(breaches(isPure, (to) => !to.startsWith("node:")), []);
});

test("the library declares nothing with `using`, which Node 20 cannot parse", () => {
  const lines = library.flatMap((file) =>
    linesOf(file).map((line) => `${file}: ${line.trim()}`)
  );
  const using = /: (await )?using \w+ =|\((await )?using \w+ of/;
  assertEquals(lines.filter((line) => using.test(line)), []);
});

test("no file of the library is longer than 400 lines", () => {
  const long = library.filter((file) => linesOf(file).length > 400)
    .map((file) => `${file}: ${linesOf(file).length} lines`);
  assertEquals(long, []);
});

test("folders export every public file in mod.ts", () => {
  for (
    const folder of ["policies", "storage", "simulator", "trace", "testing"]
  ) {
    const exported = importsOf(`${folder}/mod.ts`).map(({ to }) => to);
    const hidden = library.filter((file) =>
      new RegExp(`^${folder}/[^_/]+`).test(file) &&
      file.split("/").length === 2 && !isBarrel(file) &&
      !internal.has(file) && !exported.includes(file)
    );
    assertEquals(hidden, []);
  }
});

test("the lists of this test name files that there are", () => {
  for (const file of internal) assert(library.includes(file), file);
  assert(library.filter((file) => composing.test(file)).length >= 3);
});
