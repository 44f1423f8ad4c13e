import { CANDIDATES } from "../../../docs/playground/candidate.ts";
import { SEEDS } from "../../../docs/playground/compare.ts";
import {
  type Answer,
  Engine,
  SWEEP_FACTORS,
} from "../../../docs/playground/engine.ts";
import { runCandidate } from "../../../docs/playground/run_candidate.ts";
import { INITIAL, withNumber } from "../../../docs/playground/settings.ts";
import { burstyArrivals } from "../../../simulator/arrivals.ts";
import { assert, assertEquals, assertMatch } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { traceText } from "../../kit/trace_text.ts";

const small = withNumber(INITIAL, "appends", 1000);
const ids = CANDIDATES.map(({ id }) => id);
const trace = traceText(burstyArrivals({ count: 500, perSecond: 900 }));

/** An engine, and what it answers. */
function engine(): { engine: Engine; answers: Answer[] } {
  const answers: Answer[] = [];
  const pause = () => Promise.resolve();
  return {
    engine: new Engine((answer) => void answers.push(answer), pause),
    answers,
  };
}

function outcomesIn(answers: readonly Answer[]) {
  return answers.flatMap((answer) =>
    answer.kind === "outcome" ? [answer.outcome] : []
  );
}

test("Engine runs each policy, then with ten seeds, then at all loads", async () => {
  const { engine: one, answers } = engine();
  await one.ask({ kind: "run", job: 1, settings: small });
  assertEquals(outcomesIn(answers).map(({ id }) => id), ids);
  assertEquals(
    outcomesIn(answers)[2],
    runCandidate(CANDIDATES[2], small),
  );
  const compared = answers.find(({ kind }) => kind === "compared")!;
  assert("contenders" in compared);
  const { contenders } = compared;
  assertEquals(new Set(contenders.map(({ name }) => name)), new Set(ids));
  assert(contenders.every(({ runs }) => runs.length === SEEDS));
  const sweeps = answers.flatMap((answer) =>
    answer.kind === "sweep" ? [answer] : []
  );
  assertEquals(sweeps.map(({ id }) => id), ids);
  assert(sweeps.every(({ points }) => points.length === SWEEP_FACTORS.length));
  assertEquals(answers.at(-1), { kind: "swept", job: 1 });
});

test("Engine leaves out what is hidden", async () => {
  const { engine: one, answers } = engine();
  const settings = { ...small, hidden: ids.slice(1) };
  await one.ask({ kind: "run", job: 1, settings });
  assertEquals(outcomesIn(answers).map(({ id }) => id), ids.slice(0, 1));
});

test("Engine says nothing about a trace when it was given another", async () => {
  const { engine: one, answers } = engine();
  const files = [trace, "no trace", trace].map((text) => new Blob([text]));
  await Promise.all(files.map((file) => one.ask({ kind: "trace", file })));
  assertEquals(answers.map(({ kind }) => kind), ["trace"]);
});

test("Engine gives up a job when it is asked for another", async () => {
  const { engine: one, answers } = engine();
  const first = one.ask({ kind: "run", job: 1, settings: small });
  const second = one.ask({ kind: "run", job: 2, settings: small });
  await Promise.all([first, second]);
  const jobs = answers.map((answer) => "job" in answer ? answer.job : 0);
  assertEquals([...new Set(jobs)], [2]);
});

test("Engine replays a trace next to what its log did", async () => {
  const { engine: one, answers } = engine();
  await one.ask({ kind: "trace", file: new Blob([trace]) });
  const settings = { ...small, load: "trace", costs: "trace" } as const;
  await one.ask({ kind: "run", job: 1, settings });
  const [summary] = answers;
  assert(summary.kind === "trace");
  assertEquals(summary.summary.appends, 500);
  const outcomes = outcomesIn(answers);
  assertEquals(outcomes.map(({ id }) => id), ["recorded", ...ids]);
  assert(outcomes.every(({ appends }) => appends === 500));
  assert(answers.every(({ kind }) => kind !== "sweep"));
});

test("Engine says which line of a trace is broken, and keeps the old", async () => {
  const { engine: one, answers } = engine();
  await one.ask({ kind: "trace", file: new Blob([trace]) });
  const lines = trace.split("\n");
  lines[6] = '{"at":-1}';
  await one.ask({ kind: "trace", file: new Blob([lines.join("\n")]) });
  const refused = answers.at(-1)!;
  assert(refused.kind === "refused");
  assertMatch(refused.message, /line 7 must be/);
  const settings = { ...small, load: "trace" } as const;
  await one.ask({ kind: "run", job: 1, settings });
  assertEquals(outcomesIn(answers).at(-1)?.appends, 500);
});

test("Engine refuses a trace without an append", async () => {
  const { engine: one, answers } = engine();
  const [header] = trace.split("\n");
  await one.ask({ kind: "trace", file: new Blob([`${header}\n`]) });
  assertMatch(JSON.stringify(answers), /must have an append/);
});
