import { spawnSync } from "node:child_process";
import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { Cluster, whyNoCluster } from "../../tests/s3/cluster.ts";
import { makeBucket } from "../../tests/s3/place.ts";
import { defineExperiment, type Sample, type Task } from "../experiment.ts";
import { headerLine } from "../report/machine.ts";
import { sharedOptions } from "../report/options.ts";
import { median } from "../report/statistics.ts";
import type {
  AppendFound,
  AppendJob,
  OpenJob,
  ReadFound,
  ReadJob,
  RestoreJob,
  S3Job,
  TimeFound,
} from "./s3_job.ts";

/** Records by their size, and callers that append them. */
const SIZES = [
  { name: "1 kB", bytes: 1000, callers: 256 },
  { name: "64 kB", bytes: 64_000, callers: 64 },
  { name: "1 MB", bytes: 1_000_000, callers: 16 },
];

const parts = ["append", "read", "open", "restore"] as const;

interface Setting {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly windows: readonly number[];
  readonly limits: readonly number[];
  readonly slots: readonly number[];
  readonly megabytes: number;
  readonly restored: number;
  readonly chosen: readonly typeof parts[number][];
}

type Found = AppendFound | ReadFound | TimeFound;

interface Result {
  readonly samples: readonly Sample<S3Job, Found>[];
}

/** The experiment `bench:s3`. */
export const s3 = defineExperiment<Setting, Result>({
  name: "s3",
  about: `Measures logs on object storage: a Ceph cluster on this machine.

Three copies of each object are on one disk, and there is no network: what it
tells about other stores is what the library adds. 256 callers append records of
1 kB, 64 of 64 kB and 16 of 1 MB, and each awaits its ack. Logs of frames of 64
kB are read before they are compacted and after. Logs that are not compacted are
opened. A replica is restored into files. All settings take turns.`,
  options: {
    rounds: { ...sharedOptions.rounds, ...{ default: "3", quick: "1" } },
    seconds: { ...sharedOptions.seconds, ...{ default: "3", quick: "1" } },
    warm: { ...sharedOptions.warm, ...{ default: "0.5", quick: "0.2" } },
    window: {
      value: "N",
      help: "flushes in flight",
      many: true,
      ...{ default: "1;4;8", quick: "4" },
    },
    limit: {
      value: "MS",
      help: "how long a flush gathers records",
      many: true,
      ...{ default: "1;20;100", quick: "20" },
    },
    slots: {
      value: "N",
      help: "slots of a log that is opened",
      many: true,
      ...{ default: "1000;100000", quick: "100" },
    },
    megabytes: {
      value: "N",
      help: "size of a log that is read",
      ...{ default: "128", quick: "8" },
    },
    restored: {
      value: "N",
      help: "size of a replica that is restored, in MB",
      ...{ default: "1000", quick: "20" },
    },
    only: { ...sharedOptions.only, help: `one of: ${parts.join("; ")}` },
  },
  runtimes: ["node", "deno", "bun"],
  worker: "s3/worker.ts",
  timeoutMs: 900_000,
  read: (options) => ({
    rounds: options.number("rounds"),
    seconds: options.number("seconds"),
    warmSeconds: options.number("warm"),
    windows: options.numbers("window"),
    limits: options.numbers("limit"),
    slots: options.numbers("slots"),
    megabytes: options.number("megabytes"),
    restored: options.number("restored"),
    chosen: options.only(parts.map((name) => ({ name })))
      .map(({ name }) => name),
  }),
  header: () => [headerLine("store", describeCeph())],
  async measure(run, setting) {
    const why = whyNoCluster();
    if (why !== "") throw new Error(`Cannot measure because ${why}`);
    await using cluster = new Cluster();
    await cluster.started;
    await makeBucket();
    const groups = jobsOf(setting).map((jobs) =>
      run.runtimes.flatMap((runtime) =>
        jobs.map((job): Task<S3Job> => ({ runtime, title: titleOf(job), job }))
      )
    );
    const { rounds } = setting;
    return { samples: await run.measure<S3Job, Found>(groups, rounds) };
  },
  format({ samples }, runtime) {
    const own = samples.filter((sample) => sample.runtime === runtime);
    const of = <Job, Answer>(what: S3Job["what"]) =>
      own.filter((sample) => sample.what === what) as unknown as Sample<
        Job,
        Answer
      >[];
    return [
      formatAppends(of<AppendJob, AppendFound>("append")),
      formatReads(of<ReadJob, ReadFound>("read")),
      formatTimes(
        "opening a log of",
        of<OpenJob, TimeFound>("open"),
        ({ slots }) => `${slots.toLocaleString("en")} slots`,
      ),
      formatTimes(
        "restoring a replica of",
        of<RestoreJob, TimeFound>("restore"),
        ({ megabytes }) => `${megabytes.toLocaleString("en")} MB`,
      ),
    ].filter((table) => table !== "").join("\n\n");
  },
});

/** What is measured in turns, group by group. */
function jobsOf(setting: Setting): S3Job[][] {
  const { seconds, warmSeconds, windows, limits, slots, chosen } = setting;
  const appends = SIZES.map(({ bytes, callers }) =>
    windows.flatMap((window) =>
      limits.map((limitMs): AppendJob => ({
        ...{ what: "append", bytes, callers, window, limitMs },
        ...{ seconds, warmSeconds },
      }))
    )
  );
  const all: Record<S3Job["what"], S3Job[][]> = {
    append: appends,
    read: [[{ what: "read", megabytes: setting.megabytes }]],
    open: slots.map((count) => [{ what: "open", slots: count }]),
    restore: [[{ what: "restore", megabytes: setting.restored }]],
  };
  return chosen.flatMap((what) => all[what]);
}

function titleOf(job: S3Job): string {
  if (job.what === "append") {
    const { bytes, window, limitMs } = job;
    return `append ${bytes} B, window ${window}, ${limitMs} ms`;
  }
  return job.what === "open" ? `open ${job.slots} slots` : job.what;
}

function formatAppends(
  samples: readonly Sample<AppendJob, AppendFound>[],
): string {
  if (samples.length === 0) return "";
  const cells = Map.groupBy(
    samples,
    ({ bytes, window, limitMs }) => `${bytes} ${window} ${limitMs}`,
  );
  const rows = [...cells.values()].map((rounds) => {
    const [{ bytes, window, limitMs }] = rounds;
    const middle = (of: (sample: AppendFound) => number) =>
      median(rounds.map(of));
    const perSecond = middle((sample) => sample.perSecond);
    return [
      SIZES.find((size) => size.bytes === bytes)!.name,
      `${window}`,
      `${limitMs}`,
      compact(perSecond),
      millis(perSecond * bytes / 1e6),
      compact(middle((sample) => sample.flushesPerSecond)),
      millis(middle((sample) => sample.p50Ms)),
      millis(middle((sample) => sample.p99Ms)),
    ];
  });
  return markdownTable(
    [
      ...["record", "window", "limit ms", "records/s", "MB/s", "flushes/s"],
      ...["p50 ms", "p99 ms"],
    ],
    rows,
  );
}

function formatReads(samples: readonly Sample<ReadJob, ReadFound>[]): string {
  if (samples.length === 0) return "";
  const middle = (of: (sample: ReadFound) => number) => median(samples.map(of));
  return markdownTable(["reading a log", "objects", "MB/s"], [
    [
      "not compacted",
      `${middle(({ slots }) => slots)}`,
      millis(middle(({ before }) => before)),
    ],
    [
      "compacted",
      `${middle(({ objects }) => objects)}`,
      millis(middle(({ after }) => after)),
    ],
  ]);
}

function formatTimes<Job>(
  title: string,
  samples: readonly Sample<Job, TimeFound>[],
  nameOf: (job: Job) => string,
): string {
  if (samples.length === 0) return "";
  const groups = Map.groupBy(samples, nameOf);
  const rows = [...groups].map(([name, rounds]) => [
    name,
    `${(median(rounds.map(({ ms }) => ms)) / 1000).toFixed(2)} s`,
  ]);
  return markdownTable([title, "takes"], rows);
}

function describeCeph(): string {
  const { stdout } = spawnSync("ceph", ["--version"], { encoding: "utf8" });
  const [, version = "unknown"] = /version (\S+)/.exec(stdout ?? "") ?? [];
  return `Ceph ${version}: 3 monitors, 3 OSDs on one disk, 2 gateways, ` +
    "3 copies, no network";
}
