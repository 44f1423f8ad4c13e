/*
 * What a log must hold after a history of openings, appends and failures,
 * whatever was killed meanwhile. Pure: programs tell what they did and saw.
 */

/** Records of one session with consecutive LSNs and numbers. */
export interface Run {
  readonly session: string;
  /** LSN of the first one. */
  readonly lsn: number;
  /** Number of the first one in its session. */
  readonly nth: number;
  readonly count: number;
}

/** A log as somebody read it. */
export interface LogContent {
  readonly firstLsn: number;
  readonly lastLsn: number;
  readonly runs: readonly Run[];
  /** LSNs of records that are not what anybody wrote. */
  readonly damaged: readonly number[];
}

/** What is wrong, by kind; nothing if all are empty. */
export interface Findings {
  /** Acknowledged, and not in the log. */
  readonly lost: string[];
  /** Acknowledged, and somebody else's record is there instead. */
  readonly stale: string[];
  /** Read by somebody, and not in the log any more. */
  readonly withdrawn: string[];
  /** Records of a session after those of a later one. */
  readonly interleaved: string[];
  /** Records that are there twice. */
  readonly duplicated: string[];
  /** Records of a session missing before others of it, LSNs that are missing. */
  readonly gaps: string[];
  /** Records that nobody wrote. */
  readonly damaged: string[];
}

/** Adds records to what was read so far. */
export function addToRuns(runs: Run[], more: Run): void {
  const last = runs.at(-1);
  const continues = last !== undefined && last.session === more.session &&
    last.lsn + last.count === more.lsn &&
    last.nth + last.count === more.nth;
  if (!continues) runs.push(more);
  else runs[runs.length - 1] = { ...last, count: last.count + more.count };
}

/** What happened to a log. */
export interface History {
  /** What was acknowledged by anybody. */
  readonly acked: readonly Run[];
  /** What was read by anybody. */
  readonly seen: readonly Run[];
  /** Highest LSN that anybody has asked to truncate before; 0 without any. */
  readonly truncatedTo: number;
}

/** Compares a log with its history. */
export function judge(
  { firstLsn, lastLsn, runs, damaged }: LogContent,
  { acked, seen, truncatedTo }: History,
): Findings {
  const findings: Findings = {
    ...{ lost: [], stale: [], withdrawn: [], interleaved: [] },
    ...{ duplicated: [], gaps: [] },
    damaged: damaged.map((lsn) => `record ${lsn}`),
  };
  if (firstLsn > Math.max(1, truncatedTo)) {
    findings.gaps.push(`begins at ${firstLsn}, truncated to ${truncatedTo}`);
  }
  judgeRuns(findings, firstLsn, lastLsn, runs, new Set(damaged));
  for (const { is, ...one } of outcomes(runs, firstLsn, acked)) {
    const what = `${one.session} ${one.nth} at ${one.lsn}`;
    if (is === undefined) findings.lost.push(what);
    else findings.stale.push(`${what}, where ${is} is`);
  }
  for (const one of outcomes(runs, firstLsn, seen)) {
    findings.withdrawn.push(`${one.session} ${one.nth} at ${one.lsn}`);
  }
  return findings;
}

/** Those records that are not where they should be. */
function* outcomes(
  content: readonly Run[],
  firstLsn: number,
  expected: readonly Run[],
): Generator<{ session: string; nth: number; lsn: number; is?: string }> {
  for (const { session, nth, lsn, count } of expected) {
    for (let at = Math.max(lsn, firstLsn); at < lsn + count; at++) {
      const one = { session, nth: nth + at - lsn, lsn: at };
      const run = runAt(content, at);
      if (run === undefined) yield one;
      else if (run.session !== session) yield { ...one, is: run.session };
      else if (run.nth + at - run.lsn !== one.nth) yield one;
    }
  }
}

/** Looks at the log alone. */
function judgeRuns(
  { interleaved, duplicated, gaps }: Findings,
  firstLsn: number,
  lastLsn: number,
  runs: readonly Run[],
  damaged: ReadonlySet<number>,
): void {
  let nextLsn = firstLsn;
  const skip = (to: number) => {
    for (; nextLsn < to; nextLsn++) {
      if (!damaged.has(nextLsn)) gaps.push(`no record ${nextLsn}`);
    }
  };
  let session: string | undefined;
  /** The number that continues each session. */
  const continues = new Map<string, number>();
  for (const run of runs) {
    skip(run.lsn);
    const where = `${run.session} ${run.nth} at ${run.lsn}`;
    const due = continues.get(run.session) ??
      (run.lsn === firstLsn ? run.nth : 1);
    const isBack = session !== run.session && continues.has(run.session);
    if (isBack) interleaved.push(`${where}, after ${session}`);
    if (run.nth < due) duplicated.push(where);
    if (run.nth > due) gaps.push(`${where}, without its number ${due}`);
    session = run.session;
    continues.set(run.session, Math.max(due, run.nth + run.count));
    nextLsn = run.lsn + run.count;
  }
  skip(lastLsn + 1);
}

function runAt(runs: readonly Run[], lsn: number): Run | undefined {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = low + high >> 1;
    if (runs[middle].lsn + runs[middle].count <= lsn) low = middle + 1;
    else high = middle;
  }
  return low < runs.length && runs[low].lsn <= lsn ? runs[low] : undefined;
}
