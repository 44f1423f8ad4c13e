import { Buffer } from "node:buffer";
import { execute } from "../../../bench/redis_server/commands.ts";
import { Store } from "../../../bench/redis_server/store.ts";
import { assertEquals } from "../../kit/assert.ts";
import { test } from "../../kit/register.ts";
import { withTempDir } from "../../kit/temp_dir.ts";

/** The replies to requests, each a line of words. */
async function replies(...requests: string[]): Promise<string[]> {
  return await withTempDir(async (directory) => {
    const store = await Store.open(directory);
    const found = requests.map((request) =>
      execute(store, request.split(" ").map((word) => Buffer.from(word)))
    );
    await store.close();
    return found;
  });
}

test("execute() sets, gets and deletes", async () => {
  const found = await replies("SET k v", "GET k", "DEL k x", "GET k");
  assertEquals(found, ["+OK\r\n", "$1\r\nv\r\n", ":1\r\n", "$-1\r\n"]);
});

test("execute() counts with INCR, from 0 if there is no value", async () => {
  const found = await replies(
    "INCR n",
    "INCR n",
    "GET n",
    "SET n -5",
    "INCR n",
  );
  const counts = [":1\r\n", ":2\r\n", "$1\r\n2\r\n", "+OK\r\n", ":-4\r\n"];
  assertEquals(found, counts);
});

test("execute() refuses to count what is not an integer", async () => {
  const [, reply] = await replies("SET n 1.5", "INCR n");
  assertEquals(reply, "-ERR value is not an integer\r\n");
});

test("execute() answers what clients ask as they connect", async () => {
  const found = await replies("PING", "ping you", "COMMAND DOCS", "DBSIZE");
  assertEquals(found, ["+PONG\r\n", "$3\r\nyou\r\n", "*0\r\n", ":0\r\n"]);
});

test("execute() refuses unknown commands and wrong numbers of arguments", async () => {
  const [unknown, ...wrong] = await replies(
    ...["FLUSH\r\n", "SET k", "SET k v EX 5", "GET", "DEL", "INCR n 2"],
  );
  assertEquals(unknown, "-ERR unknown command 'FLUSH??'\r\n");
  assertEquals(new Set(wrong), new Set(["-ERR wrong number of arguments\r\n"]));
});
