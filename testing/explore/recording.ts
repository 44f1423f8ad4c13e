import type {
  CallEffect,
  MemoryStorage,
  StorageCall,
} from "../../storage/memory/mod.ts";
import { VirtualClock } from "../virtual_clock.ts";

/** A fact, and how strongly it binds. */
export interface NotedFact<Fact> {
  readonly fact: Fact;
  readonly level: "os" | "disk";
}

/** A call that is made to fail, or to write only a part. */
export interface Fault {
  /** Its index among the calls that change something, from 0. */
  readonly call: number;
  /** A short name. */
  readonly name: string;
  /** What happens instead. */
  readonly effect: CallEffect;
}

/** The instant before a call that changes something, or the very end. */
export interface Instant<Fact> {
  /** The next call; none at the end. */
  readonly next: StorageCall | undefined;
  /** The storage as it was, including pending changes. */
  readonly storage: MemoryStorage;
  /** The facts noted so far. */
  readonly facts: readonly NotedFact<Fact>[];
}

/** All instants of one life at which death makes a difference. */
export interface Recording<Fact> {
  readonly instants: readonly Instant<Fact>[];
  /** The call that had a fault, if any. */
  readonly fault: Fault | undefined;
  /** Whether calls completed a turn later. */
  readonly slow: boolean;
  /** What the body threw. */
  readonly error: unknown;
  /** Whether the body threw. */
  readonly failed: boolean;
}

const CHANGING = new Set<StorageCall["operation"]>([
  "create",
  "truncate",
  "link",
  "rename",
  "remove",
  "syncDirectory",
  "write",
  "datasync",
]);

/** Calls that a storage always completes at once. */
const AT_ONCE = new Set<StorageCall["operation"]>([
  "lock",
  "list",
  "open",
  "create",
]);

/** Options of {@linkcode record}. */
export interface RecordOptions {
  /** The call that has a fault. */
  fault?: Fault | undefined;
  /** Whether calls complete a turn later. */
  slow?: boolean;
}

/** Runs `body` on a copy of `before`, and keeps every instant. */
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
 * One life of a program under test: from its start until it ends or dies. The
 * facts it noted outlive it, as if it had told a witness.
 */
export interface Life<Fact> {
  /** What the last life left; for the first one, an empty directory. */
  readonly storage: MemoryStorage;
  /**
   * The clock of this life: it begins at 0, and advances when all else waits.
   */
  readonly clock: VirtualClock;
  /** The facts noted in earlier lives that still bind, oldest first. */
  readonly facts: readonly Fact[];
  /**
   * Notes a fact, which must be plain data, as known to the world from now on.
   * At `"disk"` (the default) it binds after every death; at `"os"`, it binds
   * unless power is lost.
   */
  note(fact: Fact, level?: "os" | "disk"): void;
}

/** The code that runs in one life; resolves when it ends by itself. */
export type LifeBody<Fact> = (life: Life<Fact>) => Promise<void>;
