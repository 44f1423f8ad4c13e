/** A signal that counts its listeners. */
export class CountedSignal {
  readonly #controller = new AbortController();
  /** Listeners that are there now. */
  listeners = 0;
  /** The most that were there at once. */
  most = 0;

  constructor() {
    const { signal } = this.#controller;
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof addEventListener>) => {
        this.most = Math.max(this.most, ++this.listeners);
        addEventListener.apply(signal, args);
      },
      removeEventListener: (
        ...args: Parameters<typeof removeEventListener>
      ) => {
        this.listeners--;
        removeEventListener.apply(signal, args);
      },
    });
  }

  /** The signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts it. */
  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }
}
