import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { type Case, caseOption, cases } from "../peers/case.ts";
import type { Contender } from "../peers/contender.ts";
import { contenders } from "../peers/contenders.ts";
import type { PeersJob } from "../peers/worker.ts";
import { sharedOptions } from "../report/options.ts";
import type { ProfileFound } from "./worker.ts";

interface Setting {
  readonly cases: readonly Case[];
  readonly contenders: readonly Contender[];
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly top: number;
}

interface Result {
  readonly samples: readonly Sample<PeersJob, ProfileFound>[];
}

/** The experiment `bench:profile`. */
export const profile = defineExperiment<Setting, Result>({
  name: "profile",
  about: `Lists the functions in which Syncline spends most CPU time.

It runs the cases of bench:peers under V8's CPU profiler. A function's own time
does not include the functions it calls.`,
  options: {
    seconds: { ...sharedOptions.seconds, default: "2", quick: "0.1" },
    warm: { ...sharedOptions.warm, default: "0.5", quick: "0.05" },
    case: { ...caseOption, quick: "c64" },
    contender: {
      value: "NAME",
      help: "profile this contender of bench:peers",
      default: "Syncline",
      many: true,
    },
    top: { value: "N", help: "list N functions", default: "15" },
  },
  worker: "profile/worker.ts",
  read(options) {
    return {
      cases: options.choose("case", cases),
      contenders: options.choose("contender", contenders),
      seconds: options.number("seconds"),
      warmSeconds: options.number("warm"),
      top: options.number("top"),
    };
  },
  async measure(run, setting) {
    const { seconds, warmSeconds } = setting;
    const tasks = run.runtimes.flatMap((runtime) =>
      setting.cases.flatMap(({ name, title, kind }) =>
        setting.contenders.filter(({ kinds }) => kinds.includes(kind))
          .map(({ name: contender }): Task<PeersJob> => ({
            runtime,
            title: `${title}: ${contender}`,
            job: { contender, situation: name, seconds, warmSeconds },
          }))
      )
    );
    return { samples: await run.measure<PeersJob, ProfileFound>([tasks]) };
  },
  format({ samples }, runtime, { top }) {
    const percent = (share: number) => (share * 100).toFixed(1);
    return samples.filter((sample) => sample.runtime === runtime)
      .map(({ contender, situation, selfTimes }) => {
        const { title } = cases.find(({ name }) => name === situation)!;
        const table = markdownTable(
          ["function", "self %", "% without syncs"],
          selfTimes.slice(0, top).map((row) => [
            row.name,
            percent(row.share),
            percent(row.shareOfRest),
          ]),
        );
        return `${contender}, ${title}:\n\n${table}`;
      }).join("\n\n");
  },
});
