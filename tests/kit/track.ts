/** What has become of a promise by now. */
export interface Tracked<Value> {
  /** How it stands. */
  state: "pending" | "resolved" | "rejected";
  /** What it resolved with. */
  value?: Value;
  /** What it was rejected with. */
  error?: unknown;
}

/** Watches a promise; its rejection then counts as handled. */
export function track<Value>(promise: Promise<Value>): Tracked<Value> {
  const tracked: Tracked<Value> = { state: "pending" };
  promise.then((value) => {
    tracked.state = "resolved";
    tracked.value = value;
  }, (error) => {
    tracked.state = "rejected";
    tracked.error = error;
  });
  return tracked;
}
