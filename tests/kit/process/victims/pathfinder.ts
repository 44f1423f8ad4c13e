/**
 * Prints, as JSON, which files of the library run while a log is opened after
 * a crash, and while a record is appended: by V8's precise coverage.
 *
 * @module
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Session } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Wal } from "../../../../wal.ts";

/** A script, as the inspector's `Profiler.takePreciseCoverage` reports it. */
interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly count: number }[];
  }[];
}

const root = new URL("../../../../", import.meta.url).href;
const session = new Session();
const options = { segmentBytes: 4096, warn: () => {} };
const record = new Uint8Array(500);

function post(method: string, params: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error: unknown, answer: unknown) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

/** By file: the functions that ran since the last call. */
async function takeVisits(): Promise<Map<string, string[]>> {
  const answer = await post("Profiler.takePreciseCoverage");
  const { result } = answer as { result: Script[] };
  const visits = new Map<string, string[]>();
  for (const { url, functions } of result) {
    if (!url.startsWith(root) || url.startsWith(`${root}tests/`)) continue;
    const ran = functions.filter(({ ranges }) => ranges[0].count > 0)
      .map(({ functionName }) => functionName);
    if (ran.length > 0) visits.set(url.slice(root.length), ran);
  }
  return visits;
}

/** Whether `name` is of a function that is not just a constructor or getter. */
function isWork(file: string, name: string): boolean {
  if (name.startsWith("get ") || name.startsWith("<")) return false;
  const source = readFileSync(fileURLToPath(root + file), "utf8");
  return !new RegExp(`\\bclass ${name}\\b`).test(source);
}

/** The files with such a function, except for the pure ones of the format. */
function roomsOf(visits: Map<string, string[]>): string[] {
  return [...visits].filter(([file, names]) =>
    !file.startsWith("storage/format/") &&
    names.some((name) => isWork(file, name))
  ).map(([file]) => file);
}

async function findPaths(directory: string): Promise<object> {
  const crashed = join(directory, "crashed");
  const wal = await Wal.open(join(directory, "log"), options);
  for (let count = 0; count < 40; count++) await wal.append(record);
  cpSync(join(directory, "log"), crashed, { recursive: true });
  await takeVisits();
  const again = await Wal.open(crashed, options);
  const opening = roomsOf(await takeVisits());
  await again.close();
  // The fewest of several, so that no segment is begun during it.
  const passed: string[][] = [];
  for (let count = 0; count < 50; count++) {
    await takeVisits();
    await wal.append("small");
    passed.push([...(await takeVisits()).keys()]);
  }
  const [append] = passed.sort((one, other) => one.length - other.length);
  await wal.close();
  return { append: append.sort(), opening: opening.sort() };
}

session.connect();
await post("Profiler.enable");
await post("Profiler.startPreciseCoverage", { callCount: true });
const directory = mkdtempSync(join(tmpdir(), "syncline-paths-"));
try {
  console.log(JSON.stringify(await findPaths(directory)));
} finally {
  rmSync(directory, { recursive: true });
}
