import { type Certificate, monthlyFlushPrice } from "../../storage/s3/mod.ts";
import {
  formatAmount,
  formatDuration,
  formatSize,
  formatTable,
} from "../io/format.ts";

/** What was found, and what to reckon with. */
export interface CertificateReport {
  readonly certificate: Certificate;
  /** Price of 1000 conditional writes. */
  readonly putPrice: number;
}

/** How often a log may flush, in ms. */
const INTERVALS = [20, 100, 250, 1000];

/** The report as text. */
export function* formatCertificate(
  { certificate, putPrice }: CertificateReport,
): Generator<string> {
  const { location, keys, racers, requests, rules, flushes } = certificate;
  yield formatTable([
    ["store", location],
    [
      "raced",
      `${formatAmount(racers, "racer")} for each of ` +
      formatAmount(keys, "key"),
    ],
    [
      "requests",
      [
        formatAmount(requests.writes, "write"),
        formatAmount(requests.reads, "read"),
        formatAmount(requests.removals, "removal"),
      ].join(", "),
    ],
  ]);
  yield "";
  yield formatTable(rules.map(({ rule, finding }) => [
    rule,
    finding === undefined ? "ok" : `BROKEN: ${finding}`,
  ]));
  yield "";
  if (flushes.length > 0) {
    yield formatTable(
      [
        ["a flush of", "p50", "p99", "flushes"],
        ...flushes.map(({ bytes, count, p50Ms, p99Ms }) => [
          formatSize(bytes),
          formatDuration(p50Ms),
          formatDuration(p99Ms ?? NaN),
          `${count}`,
        ]),
      ],
      1,
      4,
    );
    yield "";
  }
  yield* formatPrices(putPrice);
  yield "";
  yield* formatVerdict(certificate);
}

/** Says what is left behind, whether there is a report or not. */
export function describeLeftovers(location: string, leftovers: string): string {
  return `objects below "${location}/${leftovers}" could not be removed`;
}

/** The report as an object for `JSON.stringify`. */
export function certificateJson(
  { certificate, putPrice }: CertificateReport,
): unknown {
  return {
    ...certificate,
    putPrice,
    monthlyPrices: INTERVALS.map((everyMs) => ({
      everyMs,
      price: monthlyFlushPrice({ pricePer1000: putPrice, everyMs }),
    })),
  };
}

function* formatPrices(putPrice: number): Generator<string> {
  yield `At ${putPrice} for 1,000 writes, flushing without pause costs in 30 ` +
    "days, by its writes alone:";
  yield formatTable(
    INTERVALS.map((everyMs) => [
      `every ${formatDuration(everyMs)}`,
      monthlyFlushPrice({ pricePer1000: putPrice, everyMs }).toFixed(2),
    ]),
    1,
    2,
  );
}

function* formatVerdict(
  { location, isFit, rules, leftovers }: Certificate,
): Generator<string> {
  if (leftovers !== undefined) {
    yield `WARNING: ${describeLeftovers(location, leftovers)}.`;
  }
  if (isFit) {
    yield "Fit: no rule that a log on object storage relies on was seen broken.";
    return;
  }
  const broken = rules.filter(({ finding }) => finding !== undefined)
    .map(({ rule }) => rule);
  yield `NOT FIT for a log: it breaks ${broken.join(", ")}.`;
}
