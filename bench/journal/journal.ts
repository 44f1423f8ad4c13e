import { markdownTable } from "../../docs/figures/markdown_table.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import type { JournalFound, JournalJob } from "./worker.ts";

type JournalSample = Sample<JournalJob, JournalFound>;

interface Setting extends JournalJob {
  readonly rounds: number;
}

interface Result {
  readonly samples: readonly JournalSample[];
}

/** The experiment `bench:journal`. */
export const journal = defineExperiment<Setting, Result>({
  name: "journal",
  about: `Measures session journals and files of JSON lines; see docs/examples.

Callers append events of 500 bytes, each after its last one was acknowledged.
Then many small journals are made and opened, each with 20 events, and the last
50 events of one long journal are read. Pages are in the system's cache.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: {
      ...sharedOptions.seconds,
      ...{ default: "1", quick: "0.1" },
    },
    sessions: {
      value: "N",
      help: "make and open N small journals",
      ...{ default: "1000", quick: "5" },
    },
    megabytes: {
      value: "MB",
      help: "size of the long journal",
      ...{ default: "100", quick: "1" },
    },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "journal/worker.ts",
  timeoutMs: 300_000,
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    sessions: options.number("sessions"),
    megabytes: options.number("megabytes"),
  }),
  async measure(run, { rounds, ...job }) {
    const tasks = run.runtimes.map((runtime): Task<JournalJob> => ({
      runtime,
      title: "journals",
      job,
    }));
    const samples = await run.measure<JournalJob, JournalFound>(
      [tasks],
      rounds,
    );
    return { samples };
  },
  format({ samples }, runtime) {
    const found = samples.filter((sample) => sample.runtime === runtime);
    if (found.length === 0) return "";
    return [formatRates(found), formatSessions(found), formatLast(found)]
      .join("\n\n");
  },
});

function formatRates(samples: readonly JournalSample[]): string {
  const rows = samples[0].rates.map(({ kind, perSecond }, row) => [
    kind,
    ...perSecond.map((_, column) => {
      const rates = samples.map(({ rates }) => rates[row].perSecond[column]);
      return Math.round(median(rates)).toLocaleString("en-US");
    }),
  ]);
  return markdownTable(["events/s", "1 caller", "16 callers"], rows);
}

function formatSessions(samples: readonly JournalSample[]): string {
  const [{ sessions }] = samples;
  const rows = (["create", "open", "list"] as const).map((step) => {
    const ms = median(samples.map(({ sessionsMs }) => sessionsMs[step]));
    return [step, `${ms.toFixed(0)} ms`, `${(ms / sessions).toFixed(2)} ms`];
  });
  return markdownTable(["what", `${sessions} journals`, "each"], rows);
}

function formatLast(samples: readonly JournalSample[]): string {
  const rows = samples[0].lastMs.map(({ kind }, row) => {
    const of = (step: "first" | "again") =>
      `${median(samples.map(({ lastMs }) => lastMs[row][step])).toFixed(2)} ms`;
    return [kind, of("first"), of("again")];
  });
  const title = `the last 50 of ${samples[0].megabytes} MB`;
  return markdownTable([title, "with opening", "again"], rows);
}
