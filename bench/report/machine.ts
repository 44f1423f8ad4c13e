import {
  availableParallelism,
  cpus,
  loadavg,
  release,
  totalmem,
  type,
} from "node:os";
import { isMemory, type Place } from "../../demo/place.ts";

/** What has to be known of a machine to judge numbers that it made. */
export function describeMachine(place: Place): string[] {
  const [kernel] = release().split("-");
  const cpu = cpus()[0]?.model.trim() || "not known";
  const lines = [
    `machine      ${type()} ${kernel}, ${Deno.build.arch}`,
    `CPUs         ${availableParallelism()} x ${cpu}`,
    `memory       ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `file system  ${place.fileSystem}`,
    `load         ${loadavg()[0].toFixed(1)} before the run`,
    `date         ${new Date().toISOString()}`,
  ];
  if (isMemory(place.fileSystem)) {
    lines.push("CAUTION      in memory: these numbers say nothing of a disk");
  }
  return lines;
}
