import { compact, markdownTable, millis } from "../report/markdown_table.ts";
import type { Case } from "./case.ts";
import { floorOverwrite } from "./contenders/floor_overwrite.ts";
import type { Entrant, Sample } from "./sample.ts";
import { SampleGroup } from "./samples.ts";

/** Beyond this the disk was busy with other things, or is not steady. */
const UNSTEADY = 0.3;

/** What has to be said of the disk itself, if its floor was not steady. */
export function warnOfNoise(
  cases: readonly Case[],
  samples: readonly Sample[],
): string {
  const unsteady = cases.filter((situation) => {
    const floor = new SampleGroup(samples, floorOverwrite.name, situation);
    return !floor.isEmpty && floor.spread > UNSTEADY;
  });
  if (unsteady.length === 0) return "";
  const titles = unsteady.map(({ title }) => title).join(", ");
  return `\nCAUTION: the floor itself varied by more than ±30 % in ${titles}:\n` +
    "the disk was busy. Run it again when the machine is quiet.\n";
}

/** The tables of one runtime, as Markdown. */
export function formatTables(
  entrants: readonly Entrant[],
  cases: readonly Case[],
  samples: readonly Sample[],
): string {
  const names = entrants.map(({ contender }) => contender);
  const table = (
    chosen: readonly Case[],
    cell: (group: SampleGroup) => string,
  ) =>
    markdownTable(
      ["", ...chosen.map(({ title }) => title)],
      names.map((name) => [
        name,
        ...chosen.map((situation) => {
          const group = new SampleGroup(samples, name, situation);
          return group.isEmpty ? "-" : cell(group);
        }),
      ]).filter(([, ...cells]) => cells.some((cell) => cell !== "-")),
    );
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const latency = (group: SampleGroup) =>
    `${millis(group.latency(0.5))} / ${millis(group.latency(0.99))}`;
  return [
    "Who takes part, and whether a sync was seen before each ack:\n",
    markdownTable(
      ["", "how", "version", "syncs"],
      entrants.map((e) => [e.contender, e.how, e.version || "-", e.syncs]),
      4,
    ),
    "\nDurable records/s: median of the rounds ± half of their range:\n",
    table(cases, (group) => `${compact(group.ops)} ±${percent(group.spread)}`),
    warnOfNoise(cases, samples),
    "\nThe median of all slices of 20 ms, records/s: without rare stalls, be " +
    "they\na neighbour's or the contender's own:\n",
    table(cases, (group) => compact(group.typical)),
    "\nThe best round, records/s: what a busy disk spoils least:\n",
    table(cases, (group) => compact(group.best)),
    "\nShare of the floor in the same round (overwriting zeros): median:\n",
    table(cases, (group) => group.ratio.toFixed(group.ratio < 0.1 ? 3 : 2)),
    "\nLatency in ms, p50 / p99; of batches where batches are appended:\n",
    table(cases, latency),
  ].join("\n");
}
