/*
 * What is used of OpenTelemetry's API, written down here. If its types were
 * imported, the package would depend on it for everybody who has it from JSR,
 * and its version would matter. A test holds the real types against these.
 */

/** Attributes of a metric or a span, by their names. */
export type AttributesLike = Readonly<
  Record<string, string | number | boolean>
>;

/** What is used of the `Meter` of `@opentelemetry/api`. */
export interface MeterLike {
  /** Makes a histogram. */
  createHistogram(name: string, options: InstrumentOptions): HistogramLike;
  /** Makes a counter whose values are read on collection. */
  createObservableCounter(name: string, options: InstrumentOptions): object;
  /** Makes an up-down counter whose values are read on collection. */
  createObservableUpDownCounter(
    name: string,
    options: InstrumentOptions,
  ): object;
  /** Makes a gauge whose values are read on collection. */
  createObservableGauge(name: string, options: InstrumentOptions): object;
  /** Calls `callback` on each collection. */
  addBatchObservableCallback(
    callback: (result: ObservableResultLike) => void,
    observables: object[],
  ): void;
  /** Ends that. */
  removeBatchObservableCallback(
    callback: (result: ObservableResultLike) => void,
    observables: object[],
  ): void;
}

/** What an instrument is. */
export interface InstrumentOptions {
  /** Its unit, in the notation of UCUM. */
  unit: string;
  /** What it measures. */
  description: string;
  /** How an SDK should aggregate it. */
  advice?: {
    /** The upper bounds of its buckets. */
    explicitBucketBoundaries: number[];
  };
}

/** What is used of a `Histogram`. */
export interface HistogramLike {
  /** Counts a value. */
  record(value: number, attributes: AttributesLike): void;
}

/** What is used of a `BatchObservableResult`. */
export interface ObservableResultLike {
  /** Tells the value of one instrument. */
  observe(observable: object, value: number, attributes: AttributesLike): void;
}

/** What is used of the `Tracer` of `@opentelemetry/api`. */
export interface TracerLike {
  /** Begins a span. */
  startSpan(
    name: string,
    options: {
      /** Ms since 1970. */
      startTime: number;
      /** Whether it has no parent. */
      root: boolean;
      /** What is known about it. */
      attributes: AttributesLike;
    },
  ): SpanLike;
}

/** What is used of a `Span`. */
export interface SpanLike {
  /** Adds an event, at an instant in ms since 1970. */
  addEvent(name: string, time: number): unknown;
  /** Ends it, at an instant in ms since 1970. */
  end(time: number): void;
}
