import { formatSummary } from "../../../cli/append/show_progress.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";

test("formatSummary() says what was acked, how fast, and where", () => {
  assertEquals(
    formatSummary(
      { firstLsn: 8, lastLsn: 3007, records: 3000, bytes: 9e6 },
      1.5,
      "disk",
    ),
    "acked 3,000 records (disk), 9,000,000 bytes, in 1.50 s: 2,000 records/s, " +
      "6.0 MB/s, LSN 8 to 3007",
  );
  assertEquals(
    formatSummary(
      { firstLsn: 0, lastLsn: 0, records: 0, bytes: 0 },
      0.01,
      "os",
    ),
    "acked 0 records (os), 0 bytes, in 0.01 s: 0 records/s, 0.0 MB/s",
  );
});
