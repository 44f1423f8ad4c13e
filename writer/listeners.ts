/** Called with what happened. */
export type Listener<Event> = (event: Event) => void;

/**
 * Functions to call when something happens, each in the same turn. None can
 * stop the log: what it throws becomes an uncaught error of its own, as with
 * an `EventTarget`.
 */
export class Listeners<Event> {
  readonly #all = new Set<Listener<Event>>();

  /** Calls `listener` from now on; returns what ends that. */
  add(listener: Listener<Event>): () => void {
    // A function that is added twice is called twice.
    const own: Listener<Event> = (event) => listener(event);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  /** Calls all of them. */
  tell(event: Event): void {
    for (const listener of this.#all) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
