import { availableParallelism, cpus, release, type } from "node:os";
import type { Place } from "./place.ts";

/** What has to be known of a machine to judge numbers that it made. */
export function describeMachine(place: Place): string[] {
  const [kernel] = release().split("-");
  const cpu = cpus()[0]?.model.trim() || "not known";
  return [
    `machine      ${type()} ${kernel}, ${Deno.build.arch}`,
    `CPUs         ${availableParallelism()} x ${cpu}`,
    `file system  ${place.fileSystem}`,
    `runtime      Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`,
    `date         ${new Date().toISOString()}`,
  ];
}
