import type { Storage } from "../storage/storage.ts";

/** How to look. */
interface Looks {
  /** Looks at what was added; resolves with whether anything was new. */
  glance(): Promise<boolean>;
  /** Looks at everything; resolves with the same. */
  lookAround(): Promise<boolean>;
  /** Whether more is likely to be shown soon. */
  readonly isPending: boolean;
}

/** Time until everything is looked at if a change was not what was added. */
const SOON_MS = 2;

/** The same after something was added, and while no changes are reported. */
const NEXT_MS = 8;

/** How much longer each further wait is, while nothing changes. */
const GROWTH = 2;

/** Time between looks at an idle log if changes are not reported. */
const POLL_MS = 250;

/** The same if the system reports them: it may miss some. */
const WATCHED_MS = 1000;

/** How long it still watches when nobody waits: most will wait again. */
const LINGER_MS = 1000;

/** Changes that the system may miss before it is no longer relied on. */
const MOST_MISSED = 2;

/**
 * Looks at a log whenever it changes, as long as somebody waits. Where the
 * system reports changes, a slow poll finds those that it misses. Where it does
 * not, or misses some, this polls: soon after a change, and less and less often
 * while there is none.
 */
export class Lookout {
  readonly #storage: Storage;
  readonly #log: Looks;
  #waiting = 0;
  #stopWatch: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = SOON_MS;
  #missed = 0;
  #isLooking = false;
  #isWoken = false;
  #isClosed = false;

  /** Begins with the first that waits. */
  constructor(storage: Storage, log: Looks) {
    this.#storage = storage;
    this.#log = log;
  }

  /** Looks until the function that it returns is called. */
  start(): () => void {
    if (this.#isClosed) return () => {};
    if (++this.#waiting === 1) {
      if (this.#stopWatch === undefined) this.#watch();
      // There may have been changes since the last look.
      this.#wake();
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#waiting > 0 || this.#isClosed) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#stop(), LINGER_MS);
    };
  }

  /** Ends it at once, and for good. */
  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stopWatch?.();
    this.#stopWatch = undefined;
    this.#missed = 0;
  }

  #watch(): void {
    try {
      this.#stopWatch = this.#storage.watch?.(() => this.#wake());
    } catch {
      this.#stopWatch = undefined;
    }
  }

  #wake(): void {
    if (this.#waiting === 0 || this.#isClosed) return;
    this.#isWoken = true;
    if (!this.#isLooking) void this.#glance();
  }

  /** Looks as often as it was woken, then sets the timer. */
  async #glance(): Promise<void> {
    this.#isLooking = true;
    while (this.#isWoken && !this.#isClosed) {
      this.#isWoken = false;
      const isNew = await this.#log.glance().catch(() => false);
      this.#waitMs = isNew && !this.#log.isPending ? NEXT_MS : SOON_MS;
      if (isNew) this.#missed = 0;
    }
    this.#isLooking = false;
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#waiting === 0 || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), this.#waitMs);
  }

  async #poll(): Promise<void> {
    this.#isLooking = true;
    const isNew = await this.#log.lookAround().catch(() => false);
    this.#isLooking = false;
    // Soon after a change, it may only have come before the system's report.
    if (isNew && !this.#isWoken && this.#waitMs > POLL_MS) this.#missed++;
    const isWatched = this.#stopWatch !== undefined &&
      this.#missed < MOST_MISSED;
    const mostMs = isWatched ? WATCHED_MS : POLL_MS;
    this.#waitMs = isNew ? NEXT_MS : Math.min(GROWTH * this.#waitMs, mostMs);
    if (this.#isWoken) void this.#glance();
    else this.#setTimer();
  }
}
