import type { LogEngine } from "../../storage/log_engine.ts";
import { engineChecks } from "./engine_checks.ts";
import { test } from "./register.ts";

/** What the contract needs of an engine. */
export interface EngineUnderTest {
  /** What it is, for names of tests. */
  readonly name: string;
  /** Makes an engine on an empty place, and another one on the same place. */
  make(): { readonly engine: LogEngine; readonly again: LogEngine };
}

/** Registers tests of what a log does in any engine. */
export function testEngine({ name, make }: EngineUnderTest): void {
  for (const [what, check] of engineChecks) {
    test(`A log in ${name} ${what}`, async () => {
      const { engine, again } = make();
      await check(engine, again);
    });
  }
}
