import { fileURLToPath } from "node:url";
import { Wal } from "../../wal.ts";
import type { Progress } from "../report/progress.ts";
import { numberedCity } from "./cities.ts";

/** How long the victim lives after its first ack, in ms. */
const LIFE_MS = 1500;

const VICTIM = fileURLToPath(new URL("victim.ts", import.meta.url));

/** What a log held after its writer was killed. */
export interface Autopsy {
  /** Records that the victim reported as acknowledged. */
  readonly acked: number;
  /** Records in the log that equal what was sent. */
  readonly recovered: number;
  /** Acknowledged records that are missing or differ from what was sent. */
  readonly lost: number;
  /** Records in the log that differ from what was sent. */
  readonly wrong: number;
  /** How the victim ended. */
  readonly ending: string;
  /** How long opening took, in ms. */
  readonly openMs: number;
}

/** Kills a process that appends to a log, opens the log, and compares. */
export async function killAndRecover(
  cities: readonly string[],
  directory: string,
  progress: Progress,
): Promise<Autopsy> {
  progress.step("a child process appends and will be killed in a moment");
  const { acked, ending } = await runVictim(directory, progress);
  progress.step(`killed after ${acked.size} acks; opening its log`);
  const startedAt = performance.now();
  await using wal = await Wal.open(directory, { warn: () => {} });
  const openMs = performance.now() - startedAt;
  const count = acked.size;
  const { recovered, wrong } = await readBack(wal, cities, acked);
  return { acked: count, recovered, lost: acked.size, wrong, ending, openMs };
}

async function runVictim(
  directory: string,
  progress: Progress,
): Promise<{ acked: Set<number>; ending: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", VICTIM, directory],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const acked = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const line of lines(child.stdout)) {
    timer ??= setTimeout(() => child.kill("SIGKILL"), LIFE_MS);
    for (const lsn of line.split(" ")) acked.add(Number(lsn));
    progress.tick(`the child reported ${acked.size} acknowledged records`);
  }
  clearTimeout(timer);
  const { code, signal } = await child.status;
  if (signal !== "SIGKILL" && Deno.build.os !== "windows") {
    throw new Error(`The child exited on its own with code ${code}`);
  }
  return { acked, ending: signal ?? `code ${code}` };
}

/** Whole lines only: a truncated number is a different number. */
async function* lines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** Deletes from `missing` each record that is there and equals what was sent. */
async function readBack(
  wal: Wal,
  cities: readonly string[],
  missing: Set<number>,
): Promise<{ recovered: number; wrong: number }> {
  const decoder = new TextDecoder();
  let recovered = 0;
  let wrong = 0;
  for await (const { lsn, data } of wal.read()) {
    if (decoder.decode(data) === numberedCity(cities, lsn)) {
      recovered++;
      missing.delete(lsn);
    } else {
      wrong++;
    }
  }
  return { recovered, wrong };
}
