import {
  formatAge,
  formatAmount,
  formatRecords,
  formatSize,
} from "../io/format.ts";
import { describeOwner } from "../examine/lock_state.ts";
import type { LogStatus } from "./read_status.ts";

/** How bad a problem is. */
export type Level = "warning" | "critical";

/** What is wrong with a log. */
export interface Problem {
  readonly level: Level;
  /** A word for programs. */
  readonly code: string;
  readonly message: string;
}

/** What is measured, and compared with a limit at each level. */
export type Measure = "bytes" | "lag" | "age" | "free";

/** Limits; a measure without one is not judged. */
export interface StatusLimits {
  readonly warning: Readonly<Partial<Record<Measure, number>>>;
  readonly critical: Readonly<Partial<Record<Measure, number>>>;
  /** Whether it is critical that no process has the log open. */
  readonly requireOwner: boolean;
}

/** A part of the judgment: what is wrong with one aspect. */
type Judge = (
  status: LogStatus,
  limits: StatusLimits,
  now: number,
) => Problem[];

const JUDGES: readonly Judge[] = [
  ...[judgeDamage, judgeOwner, judgeLive, judgeDisk, judgeSize, judgeAge],
  ...[judgeCursors, judgeFiles],
];

/** What is wrong with a log at an instant, the worst first; pure. */
export function judgeStatus(
  status: LogStatus,
  limits: StatusLimits,
  now: number,
): Problem[] {
  const problems = JUDGES.flatMap((judge) => judge(status, limits, now));
  const isCritical = ({ level }: Problem) => level === "critical";
  return [
    ...problems.filter(isCritical),
    ...problems.filter((problem) => !isCritical(problem)),
  ];
}

function judgeDamage({ damages }: LogStatus): Problem[] {
  return damages.map(({ file, offset, reason }) => ({
    level: "critical",
    code: "damage",
    message: `"${file}" is damaged at offset ${offset}: ${reason}`,
  }));
}

function judgeOwner(
  { lock }: LogStatus,
  { requireOwner }: StatusLimits,
): Problem[] {
  const problem = (level: Level, message: string) => [
    { level, code: "owner", message },
  ];
  switch (lock.state) {
    case "alive":
      return [];
    case "unknown":
      return requireOwner
        ? problem(
          "warning",
          `it is unknown whether ${describeOwner(lock)} runs`,
        )
        : [];
    case "unreadable":
      return problem("warning", `the owner is unknown: ${lock.reason}`);
    case "dead":
      return problem(
        requireOwner ? "critical" : "warning",
        `${describeOwner(lock)} ended without closing the log`,
      );
    case "free":
      return requireOwner
        ? problem("critical", "no process has the log open")
        : [];
  }
}

/** An owner that does not answer may hang. */
function judgeLive({ live }: LogStatus): Problem[] {
  if (live === undefined) return [];
  if (live.status === undefined) {
    return [{ level: "warning", code: "answer", message: live.reason }];
  }
  const { health, alerts } = live.status;
  const level = health.status === "failed" ? "critical" : "warning";
  return [
    ...health.reasons.map((message) => ({
      ...{ level, code: "health", message } as const,
    })),
    ...alerts.filter(({ name }) => name !== "unhealthy").map((
      { message },
    ) => ({ ...{ level: "warning", code: "alert", message } as const })),
  ];
}

/** The level at which a value is beyond a limit, and that limit. */
function levelOf(
  { warning, critical }: StatusLimits,
  measure: Measure,
  isBeyond: (limit: number) => boolean,
): { level: Level; limit: number } | undefined {
  const [most, some] = [critical[measure], warning[measure]];
  if (most !== undefined && isBeyond(most)) {
    return { level: "critical", limit: most };
  }
  if (some === undefined || !isBeyond(some)) return undefined;
  return { level: "warning", limit: some };
}

function judgeDisk({ disk }: LogStatus, limits: StatusLimits): Problem[] {
  if (disk === undefined) return [];
  const { freeBytes } = disk;
  const found = levelOf(limits, "free", (limit) => freeBytes < limit);
  if (found === undefined) return [];
  return [{
    level: found.level,
    code: "free",
    message: `the disk has ${formatSize(freeBytes)} free, less than ${
      formatSize(found.limit)
    }`,
  }];
}

function judgeSize({ bytes }: LogStatus, limits: StatusLimits): Problem[] {
  const found = levelOf(limits, "bytes", (limit) => bytes > limit);
  if (found === undefined) return [];
  return [{
    level: found.level,
    code: "bytes",
    message: `the log has ${formatSize(bytes)}, more than ${
      formatSize(found.limit)
    }`,
  }];
}

function judgeAge(
  { extent }: LogStatus,
  limits: StatusLimits,
  now: number,
): Problem[] {
  if (extent?.newestTime === undefined) return [];
  const age = now - extent.newestTime;
  const found = levelOf(limits, "age", (limit) => age > limit);
  if (found === undefined) return [];
  return [{
    level: found.level,
    code: "age",
    message: `the last record was written ${formatAge(age)} ago, more than ${
      formatAge(found.limit)
    }`,
  }];
}

function judgeCursors(
  { cursors, extent }: LogStatus,
  limits: StatusLimits,
): Problem[] {
  return cursors.flatMap(({ name, lag = 0, committedLsn, error }) => {
    const problem = (level: Level, message: string) => [
      { level, code: "cursor", message: `cursor "${name}" ${message}` },
    ];
    if (error !== undefined) {
      return problem("warning", `cannot be read: ${error}`);
    }
    const { firstLsn = 1 } = extent ?? {};
    if (committedLsn !== undefined && committedLsn + 1 < firstLsn) {
      const dropped = formatRecords(firstLsn - 1 - committedLsn);
      return problem("warning", `was left behind: it misses ${dropped}`);
    }
    const found = levelOf(limits, "lag", (limit) => lag > limit);
    if (found === undefined) return [];
    const allowed = formatRecords(found.limit);
    return problem(
      found.level,
      `lags by ${formatRecords(lag)}, more than ${allowed}`,
    );
  });
}

/** Unfinished and outdated files are left out: the next opening removes them. */
function judgeFiles({ others }: LogStatus): Problem[] {
  const problem = (
    code: "fenced" | "originals" | "strays",
    advice: string,
  ): Problem[] => {
    const { length } = others[code];
    if (length === 0) return [];
    const message = `${formatAmount(length, "file")} ${advice}`;
    return [{ level: "warning", code, message }];
  };
  return [
    ...problem(
      "fenced",
      'of a displaced owner; "wal verify" says what is there',
    ),
    ...problem("originals", "that a repair has put aside; delete when checked"),
    ...problem("strays", "not part of the log"),
  ];
}
