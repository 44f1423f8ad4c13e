import {
  certificateJson,
  formatCertificate,
} from "../../../cli/doctor/format_certificate.ts";
import type { Certificate } from "../../../storage/s3/certify.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

const certificate: Certificate = {
  location: "s3://bucket/p",
  isFit: false,
  ...{ keys: 900, racers: 8 },
  rules: [
    { rule: "ids" },
    { rule: "one-winner", finding: "8 of 8 racers won" },
  ],
  flushes: [
    { bytes: 1024, count: 100, p50Ms: 9.04, p99Ms: 19.6 },
    { bytes: 1024 * 1024, count: 20, p50Ms: 1234 },
  ],
  requests: { writes: 7687, reads: 1, removals: 1305 },
  leftovers: "certify-1/",
};

test("formatCertificate() shows rules, times, prices and the verdict", () => {
  const lines = [...formatCertificate({ certificate, putPrice: 0.01 })];
  assertEquals(lines.join("\n").split("\n"), [
    "store     s3://bucket/p",
    "raced     8 racers for each of 900 keys",
    "requests  7,687 writes, 1 read, 1,305 removals",
    "",
    "ids         ok",
    "one-winner  BROKEN: 8 of 8 racers won",
    "",
    "a flush of      p50      p99  flushes",
    "1.00 KiB    9.04 ms  19.6 ms      100",
    "1.00 MiB     1.23 s        -       20",
    "",
    "At 0.01 for 1,000 writes, flushing without pause costs in 30 days, by its " +
    "writes alone:",
    "every 20.0 ms  1296.00",
    "every 100 ms    259.20",
    "every 250 ms    103.68",
    "every 1.00 s     25.92",
    "",
    'WARNING: objects below "s3://bucket/p/certify-1/" could not be removed.',
    "NOT FIT for a log: it breaks one-winner.",
  ]);
});

test("formatCertificate() shows neither times nor warnings if there are none", () => {
  const { leftovers: _, ...rest } = certificate;
  const fit = { ...rest, isFit: true, rules: [], flushes: [] };
  const lines = [...formatCertificate({ certificate: fit, putPrice: 0 })];
  assertEquals(
    lines.at(-1),
    "Fit: no rule that a log on object storage relies on was seen broken.",
  );
  assertEquals(lines.join().includes("a flush of"), false);
});

test("certificateJson() has the certificate and the prices", () => {
  const json = certificateJson({ certificate, putPrice: 0.005 }) as Record<
    string,
    unknown
  >;
  assertEquals(json["rules"], certificate.rules);
  assertEquals((json["monthlyPrices"] as unknown[])[1], {
    ...{ everyMs: 100, price: 129.6 },
  });
});
