import { appendFileSync } from "node:fs";
import { BoardWriter, lossOf, readBoard } from "../../../bench/loss/board.ts";
import { assert, assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

test("readBoard() reads whole rows only", async () => {
  await withTempDir((directory) => {
    const path = `${directory}/board`;
    const board = new BoardWriter(path);
    board.tell(3, 1);
    board.tell(5, 3);
    board.close();
    appendFileSync(path, new Uint8Array(23));
    const rows = readBoard(path);
    assertEquals(rows.map(({ acked, durable }) => [acked, durable]), [
      [3, 1],
      [5, 3],
    ]);
    assert(rows[1].at >= rows[0].at);
    return Promise.resolve();
  });
});

test("lossOf() counts acked records that are not kept, from the oldest ack", () => {
  const rows = [
    { at: 10, acked: 0, durable: 0 },
    { at: 20, acked: 4, durable: 0 },
    { at: 30, acked: 7, durable: 4 },
  ];
  assertEquals(lossOf(rows, 7, 31), { records: 0, oldestMs: 0 });
  assertEquals(lossOf(rows, 9, 31), { records: 0, oldestMs: 0 });
  assertEquals(lossOf(rows, 4, 31), { records: 3, oldestMs: 1 });
  assertEquals(lossOf(rows, 3, 31), { records: 4, oldestMs: 11 });
  assertEquals(lossOf([], 0, 31), { records: 0, oldestMs: 0 });
});
