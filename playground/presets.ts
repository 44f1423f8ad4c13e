/** A situation to start from. */
export interface Preset {
  readonly label: string;
  /** What of the settings is not as at first, as in a link. */
  readonly hash: string;
}

/** Situations that differ in what is right for them. */
export const PRESETS: readonly Preset[] = [
  { label: "A service on an SSD", hash: "" },
  { label: "A flash drive whose cache is safe", hash: "sync=0.03&rate=50000" },
  { label: "Bursts on a cloud volume", hash: "burst=100&sync=4&rate=1000" },
  {
    label: "64 callers who wait, on a hard disk",
    hash: "load=callers&callers=64&think=10&sync=8&window=4",
  },
  {
    label: "One caller who waits",
    hash: "load=callers&callers=1&think=1&appends=5000",
  },
  {
    label: "Object storage, paid by request",
    hash: "sync=30&spread=1.6&rate=500&window=15&age=50&anyAge=100",
  },
  {
    label: "Large records",
    hash: "size=100000&rate=800&sync=1&bytes=1048576",
  },
];
