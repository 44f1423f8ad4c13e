import { MONTH_SECONDS } from "../../cli/lab/candidates.ts";
import {
  compact,
  markdownTable,
  millis,
} from "../../docs/figures/markdown_table.ts";
import { priceOf, type Prices, type Requests, sum, times } from "./bill.ts";
import {
  requestsOfCursor,
  requestsOfFrames,
  requestsOfReader,
  requestsToCompact,
  requestsToOpen,
} from "./requests.ts";
import { loads, type Month, policies } from "./runs.ts";

const GB = 2 ** 30;

/** What a writer sends in a month: its frames, and compacting them. */
export function requestsOfWriter({ frames, bytes }: Month): Requests {
  return sum(requestsOfFrames(frames), requestsToCompact(frames, bytes));
}

/** Requests and their price in a month, policies by loads. */
export function costTable(months: readonly Month[], prices: Prices): string {
  return byLoad(months, (month) => {
    const requests = requestsOfWriter(month);
    return `${money(priceOf(requests, prices))} (${compact(requests.puts)})`;
  });
}

/** Mean latency and p99 in ms, policies by loads. */
export function latencyTable(months: readonly Month[]): string {
  return byLoad(
    months,
    ({ meanMs, p99Ms }) => `${millis(meanMs)} / ${millis(p99Ms)}`,
  );
}

function byLoad(
  months: readonly Month[],
  cell: (month: Month) => string,
): string {
  const head = ["policy", ...loads.map(({ name }) => name)];
  return markdownTable(
    head,
    policies.map(({ policy }) => [
      policy,
      ...loads.map(({ name }) =>
        cell(
          months.find((one) => one.policy === policy && one.load === name)!,
        )
      ),
    ]),
  );
}

/** How often readers look, in ms. */
const POLLS = [10, 100, 250, 1000, 5000, 60_000];

/** Bytes of records per second, for what is stored. */
const STORED = [1e3, 1e6];

/** What is paid for besides frames, and by the month unless it says otherwise. */
export function otherTable(prices: Prices, window: number): string {
  const often = (everyMs: number) => MONTH_SECONDS * 1000 / everyMs;
  const price = (requests: Requests) => money(priceOf(requests, prices));
  const rows = [
    ["a log that is open and idle", "no requests", money(0)],
    ["1,000 openings", ...opening(window, prices)],
    ...POLLS.map((ms) => [
      `a reader that looks every ${compactMs(ms)}`,
      `${compact(often(ms))} LISTs`,
      price(requestsOfReader(often(ms), 0)),
    ]),
    ...[1000, 60_000].map((ms) => [
      `a durable cursor, committed every ${compactMs(ms)}`,
      `${compact(often(ms))} PUTs`,
      price(requestsOfCursor(often(ms))),
    ]),
    [
      "a million frames, followed by a reader",
      `${compact(requestsOfReader(0, 1e6).gets)} GETs`,
      price(requestsOfReader(0, 1e6)),
    ],
    ...STORED.map((perSecond) => {
      const stored = perSecond * 7 * 24 * 60 * 60 / GB;
      return [
        `7 days of ${compact(perSecond)}B/s, kept`,
        `${compact(stored)} GB`,
        money(stored * prices.gb),
      ];
    }),
    ...(prices.out > 0
      ? [["1 MB/s, fetched by a reader", ...fetched(prices.out)]]
      : []),
  ];
  return markdownTable(["", "what is billed", "a month"], rows);
}

function opening(window: number, prices: Prices): [string, string] {
  const { puts, lists, gets } = requestsToOpen(window);
  const many = times({ puts, lists, gets }, 1000);
  const billed = `${puts} PUTs, ${lists} LISTs, ${gets} GETs each`;
  return [billed, money(priceOf(many, prices))];
}

function fetched(out: number): [string, string] {
  const bytes = 1e6 * MONTH_SECONDS;
  return [`${compact(bytes / GB)} GB`, money(bytes / GB * out)];
}

function compactMs(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  return ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`;
}

/** An amount, with as many digits as matter. */
export function money(amount: number): string {
  if (amount === 0) return "0";
  if (amount < 0.01) return "< 0.01";
  return amount < 10
    ? amount.toFixed(2)
    : Math.round(amount).toLocaleString("en");
}
