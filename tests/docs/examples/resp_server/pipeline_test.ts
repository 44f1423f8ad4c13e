import { assertEquals } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { bulk, request, RespClient, shown } from "../../../kit/resp_client.ts";
import { withRespServer } from "../../../kit/resp_server.ts";
import { seeded } from "../../../../random.ts";
import { shareIndex } from "../../../kit/share.ts";

test("replies to a pipeline are in order, with errors in the middle", () =>
  withRespServer(async (client) => {
    const replies = await client.ask(
      ...["SET n 1", "INCR n", "NOPE", "SET n x", "INCR n", "GET", "GET n"],
      ...["SET n 9", "INCR n", "DEL n", "GET n", "PING"],
    );
    const errors = [
      "-ERR unknown command 'NOPE'|",
      "-ERR value is not an integer or out of range|",
      "-ERR wrong number of arguments for 'get' command|",
    ];
    assertEquals(
      replies,
      `+OK|:2|${errors[0]}+OK|${errors[1]}${errors[2]}$1|x|` +
        "+OK|:10|:1|$-1|+PONG|",
    );
  }));

test("replies to a thousand requests at once are in order", () =>
  withRespServer(async (client) => {
    const counts = Array.from({ length: 1000 }, (_, index) => index + 1);
    const replies = await client.ask(...counts.map(() => "INCR n"));
    assertEquals(replies, counts.map((count) => `:${count}|`).join(""));
  }));

test("clients that share a turn each get their own replies", () =>
  withRespServer(async (client, _, port) => {
    const other = await RespClient.connect(port);
    const asked = [
      client.ask("SET a 1", "GET a", "INCR a"),
      other.ask("SET b 5", "NOPE", "INCR b"),
    ];
    assertEquals(await Promise.all(asked), [
      "+OK|$1|1|:2|",
      "+OK|-ERR unknown command 'NOPE'|:6|",
    ]);
    await other.close();
  }));

const PIPELINE = request("SET", "k", "a\r\nb") + request("NOPE") +
  request("GET", "k") + request("INCR", "n");
const REPLIES = `+OK\r\n-ERR unknown command 'NOPE'\r\n${bulk("a\r\nb")}`;

test("a request may be split anywhere", () =>
  withRespServer(async (client) => {
    for (let at = 1; at < PIPELINE.length; at++) {
      client.write(PIPELINE.slice(0, at));
      // The other end needs a turn to see both parts.
      await new Promise((resolve) => setImmediate(resolve));
      client.write(PIPELINE.slice(at));
      const end = `:${at}\r\n`;
      const heard = await client.until(end);
      assertEquals([at, shown(heard + end)], [at, shown(REPLIES + end)]);
    }
  }));

test("a value may arrive in any pieces", () =>
  withRespServer(async (client) => {
    const random = seeded(shareIndex);
    // For larger ones, the parser has a timer that outlives the test.
    const value = Array.from(
      { length: 20_000 },
      () => String.fromCharCode(random(256)),
    ).join("");
    const pipeline = request("SET", "k", value) + request("GET", "k") +
      request("PING");
    for (let at = 0; at < pipeline.length;) {
      const end = at + 1 + random(random(2) ? 3000 : 10);
      client.write(pipeline.slice(at, end));
      at = end;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const heard = await client.until("+PONG\r\n");
    assertEquals(heard === `+OK\r\n${bulk(value)}`, true, `seed ${shareIndex}`);
  }));

test("a client that sends what is not a request gets an error, and hung up on", () =>
  withRespServer(async (client, _, port) => {
    const other = await RespClient.connect(port);
    other.write(`${request("SET", "k", "v")}PING\r\n`);
    assertEquals(await other.hungUp(), "+OK|-ERR Protocol error|");
    assertEquals(await client.ask("GET k"), "$1|v|");
    await other.close();
  }));

test("a client that hangs up in the middle of a request changes nothing", () =>
  withRespServer(async (client, _, port) => {
    const other = await RespClient.connect(port);
    other.write(request("SET", "k", "v").slice(0, -4));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await other.close();
    assertEquals(await client.ask("GET k"), "$-1|");
  }));
