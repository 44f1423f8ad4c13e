/*
 * Goal: what was acknowledged survives a power loss, and so does what follows.
 * Method: the same explorer, fault model and check for lines of JSON and for the
 * journal. Lines must fail, or the check would see nothing.
 */
import { ExplorationError, explore } from "@syncline/wal/testing";
import {
  assertGreater,
  assertMatch,
  assertRejects,
} from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import {
  journal,
  type Kind,
  lenientJsonl,
  type Subject,
  syncedJsonl,
  syncedLenientJsonl,
} from "./subjects.ts";

/** What a life does: appends an event, or drops all but the last ones. */
type Step = { readonly append: string } | { readonly keep: number };

const appends: Step[] = [{ append: "first, é" }, { append: "second, é" }];
const trims: Step[] = [...appends, { append: "third" }, { keep: 2 }];

function exploreAll(
  kind: Kind,
  steps: readonly Step[],
  options: { fileSystem: "posix" | "ext4"; crashes?: number },
) {
  return explore<Step>(
    async ({ storage, clock, note }) => {
      const subject = kind.open(storage, { clock });
      for (const step of steps) {
        if ("append" in step) await subject.append(step.append);
        else await subject.trim(step.keep);
        note(step);
      }
    },
    async ({ storage, clock, facts }) => {
      await check(kind.open(storage, { clock }), facts, steps);
    },
    { ...options, bound: 24, samples: 1, print() {} },
  );
}

/**
 * The last events are those acknowledged, perhaps with one in progress, and then
 * others can be appended and read. Throws unless that is so.
 */
async function check(
  subject: Subject,
  acked: readonly Step[],
  steps: readonly Step[],
): Promise<void> {
  const found = (await subject.read()).filter((event) => event !== "after");
  const isThere = [acked.length, acked.length + 1].some((done) => {
    const { appended, kept } = eventsAfter(steps.slice(0, done));
    const last = appended.slice(appended.length - found.length);
    return found.length >= kept && `${last}` === `${found}`;
  });
  const text = JSON.stringify(found);
  if (!isThere) {
    throw new Error(`lost: ${JSON.stringify(acked)} is acked, not ${text}`);
  }
  await subject.append("after");
  const then = await subject.read();
  const others = then.filter((event) => event !== "after");
  if (then.at(-1) === "after" && JSON.stringify(others) === text) return;
  throw new Error(`changed: ${text} was there, then ${JSON.stringify(then)}`);
}

/** All events that steps append, and how many of the last ones they keep. */
function eventsAfter(steps: readonly Step[]) {
  const appended: string[] = [];
  let kept = 0;
  for (const step of steps) {
    if ("append" in step) kept = Math.min(kept + 1, appended.push(step.append));
    else kept = Math.min(kept, step.keep);
  }
  return { appended, kept };
}

async function fails(
  kind: Kind,
  steps: readonly Step[],
  message: RegExp,
): Promise<void> {
  const exploring = () =>
    exploreAll(kind, steps, { fileSystem: "ext4", crashes: 1 });
  const error = await assertRejects(exploring, ExplorationError);
  assertMatch(error.message, message);
}

/** Under "posix" a crash may leave all that it may under "ext4", and more. */
async function holds(steps: readonly Step[]): Promise<void> {
  const options = { fileSystem: "posix" } as const;
  const { states } = await exploreAll(journal, steps, options);
  assertGreater(states, 50);
}

test("append() is on disk, where lines are lost, or one that is torn spoils all", async () => {
  await fails(lenientJsonl, appends, /lost: .*"first, é".* is acked, not \[\]/);
  await fails(syncedJsonl, appends, /fails after a crash: .*JSON/);
  await holds(appends);
});

test("trim() keeps the last events, where a file that was rewritten is empty", async () => {
  await fails(
    syncedLenientJsonl,
    trims,
    /lost: .*"keep":2.* is acked, not \[\]/,
  );
  await holds(trims);
});
