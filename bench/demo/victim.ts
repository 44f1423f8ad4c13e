/**
 * The process that is killed: it appends cities forever and prints each LSN as
 * soon as the record is acknowledged on disk. Its argument is the directory.
 *
 * @module
 */

import { Wal } from "../../wal.ts";
import { loadCities, numberedCity } from "./cities.ts";

const CALLERS = 64;
/** Small, so that the log has several segments when the process dies. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

const encoder = new TextEncoder();
let acked: number[] = [];

/** Prints the LSNs of a turn as one line, complete before the next append. */
function print(): void {
  const line = encoder.encode(`${acked.join(" ")}\n`);
  acked = [];
  for (let at = 0; at < line.length;) {
    at += Deno.stdout.writeSync(line.subarray(at));
  }
}

function tell(lsn: number): void {
  if (acked.push(lsn) === 1) setImmediate(print);
}

async function main(directory: string): Promise<void> {
  const cities = await loadCities();
  const wal = await Wal.open(directory, {
    segmentBytes: SEGMENT_BYTES,
    warn: () => {},
  });
  let next = 1;
  async function call(): Promise<never> {
    while (true) {
      const lsn = next++;
      const given = await wal.append(numberedCity(cities, lsn));
      if (given !== lsn) throw new Error(`Expected LSN ${lsn}: got ${given}`);
      tell(lsn);
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call));
}

await main(Deno.args[0]);
