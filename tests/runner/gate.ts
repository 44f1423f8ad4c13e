import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { command, type CommandOptions, type Outcome } from "./command.ts";
import { buildDir, root } from "./files.ts";
import { type Tally, tally } from "./tally.ts";

/** What a gate found. */
export interface Verdict extends Tally {
  /** What to show if anything failed. */
  readonly output: string;
}

/** One thing that must hold before a change is good. */
export interface Gate {
  /** What is run. */
  readonly name: string;
  /** The runtime whose tests it counts; a gate without one counts as one. */
  readonly counts?: string;
  /** The test files that it leaves out. */
  readonly skipped?: readonly string[];
  /** Begins with what takes long, while the gate before is run. */
  prepare?(): void;
  /** Runs it. */
  run(): Promise<Verdict>;
}

/** A gate that holds unless `run` throws; what it returns is shown. */
export function gate(name: string, run: () => Promise<string>): Gate {
  return {
    name,
    async run() {
      const output = await run();
      return { passed: 1, failed: 0, output };
    },
  };
}

/** A gate that holds if a command succeeds. */
export function check(
  name: string,
  program: string,
  args: readonly string[],
): Gate {
  return gate(name, () => succeed(program, args));
}

/** Runs a command; throws, with all that it printed, unless it succeeds. */
export async function succeed(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const outcome = await command(program, args, { cwd: root, ...options });
  if (outcome.ok) return outcome.output;
  throw new Error(`${[program, ...args].join(" ")}\n${outcome.output}`);
}

/** Runs tests, and counts them by the JUnit report that they leave. */
export async function counted(
  report: string,
  program: string,
  args: readonly string[],
  options: CommandOptions = { cwd: root },
): Promise<Verdict> {
  return judge(await command(program, args, options), report);
}

/** Where the JUnit report of a runtime goes. */
export function reportPath(name: string): string {
  return join(buildDir, `${name.replaceAll(" ", "_")}.xml`);
}

/** A runner that died, or that ran nothing, has failed whatever it says. */
function judge({ ok, output }: Outcome, report: string): Verdict {
  const { passed, failed } = existsSync(report)
    ? tally(readFileSync(report, "utf8"))
    : { passed: 0, failed: 0 };
  if (passed + failed === 0) {
    return { passed, failed: 1, output: `${output}\nNo test was run\n` };
  }
  return { passed, failed: ok ? failed : Math.max(failed, 1), output };
}
