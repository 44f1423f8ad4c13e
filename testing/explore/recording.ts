import type {
  CallEffect,
  MemoryStorage,
  StorageCall,
} from "../../storage/memory/mod.ts";
import { VirtualClock } from "../virtual_clock.ts";

/** A fact, and how far it binds. */
export interface NotedFact<Fact> {
  readonly fact: Fact;
  readonly level: "os" | "disk";
}

/** A call that a body makes to fail, or to be short. */
export interface Fault {
  /** Which of the calls that change something, counted from 0. */
  readonly call: number;
  /** A word for it. */
  readonly name: string;
  /** What happens. */
  readonly effect: CallEffect;
}

/** The instant before a call that changes something, or the very end. */
export interface Instant<Fact> {
  /** The call that comes next; none at the end. */
  readonly next: StorageCall | undefined;
  /** The storage as it was, with what was pending. */
  readonly storage: MemoryStorage;
  /** What was known. */
  readonly facts: readonly NotedFact<Fact>[];
}

/** All instants of one life at which death makes a difference. */
export interface Recording<Fact> {
  readonly instants: readonly Instant<Fact>[];
  /** The call that went wrong, if one did. */
  readonly fault: Fault | undefined;
  /** Whether calls were answered a turn later. */
  readonly slow: boolean;
  /** What the body threw. */
  readonly error: unknown;
  /** Whether it threw. */
  readonly failed: boolean;
}

const CHANGING = new Set<StorageCall["operation"]>([
  "create",
  "allocate",
  "truncate",
  "link",
  "rename",
  "remove",
  "syncDirectory",
  "write",
  "datasync",
]);

/** What a storage never answers later. */
const AT_ONCE = new Set<StorageCall["operation"]>([
  "lock",
  "list",
  "open",
  "create",
]);

/** Options of {@linkcode record}. */
export interface RecordOptions {
  /** The call that goes wrong. */
  fault?: Fault | undefined;
  /** Whether calls are answered a turn later. */
  slow?: boolean;
}

/** Lives through `body` on a copy of `before`, and keeps every instant. */
export async function record<Fact>(
  body: LifeBody<Fact>,
  before: MemoryStorage,
  known: readonly NotedFact<Fact>[],
  { fault, slow = false }: RecordOptions = {},
): Promise<Recording<Fact>> {
  const clock = new VirtualClock();
  const nextTurn = () =>
    new Promise<void>((resolve) => clock.endOfTurn(resolve));
  const instants: Instant<Fact>[] = [];
  let facts = known;
  const keep = (next?: StorageCall) =>
    instants.push({ next, storage: storage.kill(), facts });
  const storage: MemoryStorage = before.kill({
    onCall(call) {
      const after = slow && !AT_ONCE.has(call.operation)
        ? nextTurn()
        : undefined;
      if (!CHANGING.has(call.operation)) return { after };
      keep(call);
      const isFaulty = instants.length - 1 === fault?.call;
      return { ...isFaulty && fault.effect, after };
    },
  });
  let failed = false;
  let error: unknown;
  try {
    await clock.run(body({
      storage,
      clock,
      facts: known.map(({ fact }) => fact),
      note(fact, level = "disk") {
        facts = [...facts, { fact, level }];
      },
    }));
  } catch (thrown) {
    failed = true;
    error = thrown;
  }
  keep();
  return { instants, fault, slow, error, failed };
}

/** The ways in which a call can go wrong. */
export function faultsOf(call: StorageCall): Omit<Fault, "call">[] {
  const half = call.bytes >> 1;
  if (call.operation !== "write") {
    return [{ name: "EIO", effect: { error: "EIO" } }];
  }
  const faults = [
    { name: "ENOSPC", effect: { error: "ENOSPC" } },
    { name: "EIO", effect: { error: "EIO", bytes: half } },
  ];
  return half === 0
    ? faults
    : [...faults, { name: "short", effect: { bytes: half } }];
}

/**
 * One life of a program that is put to the test: from its start until it ends
 * or dies. What it noted outlives it, as if it had told a witness.
 */
export interface Life<Fact> {
  /** What the last life left; in the first one, an empty directory. */
  readonly storage: MemoryStorage;
  /** Time of this life, which begins at 0; it passes when nothing else does. */
  readonly clock: VirtualClock;
  /** What was noted in earlier lives and still binds, oldest first. */
  readonly facts: readonly Fact[];
  /**
   * Notes a fact, which is plain data, as known to the world from now on. One
   * at `"disk"` (default) binds after every death, one at `"os"` only while
   * power is not lost.
   */
  note(fact: Fact, level?: "os" | "disk"): void;
}

/** What is done in one life; resolves when it ends by itself. */
export type LifeBody<Fact> = (life: Life<Fact>) => Promise<void>;
