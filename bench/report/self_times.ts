import { basename } from "node:path";

/** As much of a V8 CPU profile as is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function and its share of the time, without what it calls. */
export interface SelfTime {
  readonly name: string;
  readonly share: number;
  /** Of the time that is neither a sync nor idle; 0 for those. */
  readonly shareOfRest: number;
}

/** What waits for the disk or for nothing; differs with who else is busy. */
const WAITING = /^(op_fs_file_sync|op_node_fs_fd|f(data)?sync\b|\(idle\))/;

/**
 * Functions by self time, the largest first. `bundle` is the text of the module
 * that ran, in which comments tell the file that each part comes from.
 */
export function selfTimes(
  { nodes, samples, timeDeltas }: CpuProfile,
  bundle: string,
): SelfTime[] {
  const sources = sourcesOf(bundle);
  const names = new Map(nodes.map(({ id, callFrame }) => {
    const { functionName, url, lineNumber } = callFrame;
    const file = url.endsWith(".mjs")
      ? sources[lineNumber] ?? basename(url)
      : basename(url);
    return [id, `${functionName || "(anonymous)"} ${file}`.trim()];
  }));
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id)!;
    const time = timeDeltas[index];
    times.set(name, (times.get(name) ?? 0) + time);
    total += time;
  }
  const waited = [...times].filter(([name]) => WAITING.test(name))
    .reduce((sum, [, time]) => sum + time, 0);
  return [...times].map(([name, time]) => ({
    name,
    share: time / total,
    shareOfRest: WAITING.test(name) ? 0 : time / (total - waited),
  })).sort((one, other) => other.share - one.share);
}

/** The source of each line: esbuild names it in a comment above. */
function sourcesOf(bundle: string): string[] {
  let source = "";
  return bundle.split("\n").map((line) => {
    source = /^\/\/ (\S+\.ts)$/.exec(line)?.[1].replace(/^(\.\.\/)+/, "") ??
      source;
    return source;
  });
}
