import { Buffer } from "node:buffer";
import { execute } from "../../../../docs/examples/resp-server/commands.ts";
import type { Store } from "../../../../docs/examples/resp-server/store.ts";
import { assertEquals, assertMatch } from "../../../kit/assert.ts";
import { test } from "../../../kit/register.ts";
import { bulk, request, type RespClient } from "../../../kit/resp_client.ts";
import { acrossRestarts, withRespServer } from "../../../kit/resp_server.ts";

/** Sends each row's commands, in order, and compares the replies. */
async function converse(
  client: RespClient,
  rows: readonly (readonly [command: string, reply: string])[],
): Promise<void> {
  for (const [command, reply] of rows) {
    assertEquals([command, await client.ask(command)], [command, reply]);
  }
}

function conversation(
  ...rows: readonly (readonly [command: string, reply: string])[]
): Promise<void> {
  return withRespServer((client) => converse(client, rows));
}

const NO_INTEGER = "-ERR value is not an integer or out of range|";
const SYNTAX = "-ERR syntax error|";

test("SET, GET and DEL set, get and delete, in any case", () =>
  conversation(
    ["GET k", "$-1|"],
    ["SET k v", "+OK|"],
    ["get k", "$1|v|"],
    ["Set k ", "+OK|"],
    ["GET k", "$0||"],
    ["SET j w", "+OK|"],
    ["DBSIZE", ":2|"],
    ["DEL k j k nothing", ":2|"],
    ["GET k", "$-1|"],
    ["DBSIZE", ":0|"],
  ));

test("SET and GET take any bytes as keys and values", () =>
  withRespServer(async (client) => {
    const every = String.fromCharCode(...Array(256).keys());
    client.write(request("SET", every, every) + request("GET", every));
    client.write(request("PING"));
    assertEquals(await client.until("+PONG\r\n"), `+OK\r\n${bulk(every)}`);
  }));

test("SET obeys NX and XX", () =>
  conversation(
    ["SET k a XX", "$-1|"],
    ["SET k b NX", "+OK|"],
    ["SET k c nx", "$-1|"],
    ["SET k d xx", "+OK|"],
    ["GET k", "$1|d|"],
    ["SET k e NX XX", SYNTAX],
    ["SET k f EX 10 XX", "+OK|"],
    ["SET k g XX PX 10000 XX", "+OK|"],
    ["GET k", "$1|g|"],
  ));

test("SET refuses options that it does not know, or that are not valid", () =>
  conversation(
    ["SET k v EX", SYNTAX],
    ["SET k v EX 1 PX 1", SYNTAX],
    ["SET k v PERSIST 1", SYNTAX],
    ["SET k v 10", SYNTAX],
    ["SET k v EX ten", NO_INTEGER],
    ["SET k v EX 1.5", NO_INTEGER],
    ["SET k v EX 99999999999999999999", NO_INTEGER],
    ["SET k v EX 0", "-ERR invalid expire time in 'set' command|"],
    ["SET k v PX -1", "-ERR invalid expire time in 'set' command|"],
    [
      "SET k v EX 9223372036854775807",
      "-ERR invalid expire time in 'set' command|",
    ],
    ["GET k", "$-1|"],
  ));

test("INCR counts from 0, or from the value", () =>
  conversation(
    ["INCR n", ":1|"],
    ["INCR n", ":2|"],
    ["GET n", "$1|2|"],
    ["SET n -1", "+OK|"],
    ["INCR n", ":0|"],
    ["INCR n", ":1|"],
  ));

test("INCR is exact up to 64 bits, and refuses to overflow", () =>
  conversation(
    ["SET n 9223372036854775806", "+OK|"],
    ["INCR n", ":9223372036854775807|"],
    ["INCR n", "-ERR increment or decrement would overflow|"],
    ["GET n", "$19|9223372036854775807|"],
    ["SET n -9223372036854775808", "+OK|"],
    ["INCR n", ":-9223372036854775807|"],
  ));

test("INCR refuses what is not an integer of 64 bits, and keeps it", () =>
  withRespServer(async (client) => {
    const wrong = ["1.5", "", "abc", "+1", "01", "-0", "1e3", "0x10"];
    const large = ["9223372036854775808", "-9223372036854775809"];
    for (const value of [...wrong, ...large]) {
      const reply = await client.ask(`SET n ${value}`, "INCR n", "GET n");
      const kept = `$${value.length}|${value}|`;
      assertEquals(reply, `+OK|${NO_INTEGER}${kept}`);
    }
    client.write(request("SET", "n", " 1") + request("INCR", "n"));
    assertEquals(await client.ask("PING"), `+OK|${NO_INTEGER}+PONG|`);
  }));

const atNoon = () => ({ ms: 1_800_000_000_000 });

test("EXPIRE and TTL, PEXPIRE and PTTL", async () => {
  const clock = atNoon();
  await withRespServer(async (client) => {
    await converse(client, [
      ["TTL k", ":-2|"],
      ["EXPIRE k 10", ":0|"],
      ["SET k v", "+OK|"],
      ["TTL k", ":-1|"],
      ["EXPIRE k 10", ":1|"],
      ["TTL k", ":10|"],
      ["PTTL k", ":10000|"],
      ["PEXPIRE k 1600", ":1|"],
      ["TTL k", ":2|"],
      ["PTTL k", ":1600|"],
      ["EXPIRE k ten", NO_INTEGER],
      [
        "EXPIRE k 9223372036854775807",
        "-ERR invalid expire time in 'expire' command|",
      ],
      ["PTTL k", ":1600|"],
      ["EXPIRE k -1", ":1|"],
      ["GET k", "$-1|"],
      ["TTL k", ":-2|"],
    ]);
  }, { clock });
});

test("PTTL never says of a key that is just expiring that it never does", () => {
  const store = {
    get: () => Buffer.from("v"),
    expiresAt: () => 1000,
    now: () => 1001,
  };
  const words = ["PTTL", "k"].map((word) => Buffer.from(word));
  assertEquals(execute(store as unknown as Store, words), ":0\r\n");
});

test("a key is gone from the instant at which it expires", async () => {
  const clock = atNoon();
  await withRespServer(async (client) => {
    await client.ask("SET k v EX 10", "SET j v PX 10001", "SET n 5 EX 10");
    clock.ms += 9999;
    assertEquals(await client.ask("GET k", "TTL k"), "$1|v|:0|");
    clock.ms += 1;
    await converse(client, [
      ["GET k", "$-1|"],
      ["TTL k", ":-2|"],
      ["EXPIRE k 10", ":0|"],
      ["DEL k", ":0|"],
      ["SET k w XX", "$-1|"],
      ["SET k w NX", "+OK|"],
      ["TTL k", ":-1|"],
      ["INCR n", ":1|"],
      ["TTL n", ":-1|"],
      ["PTTL j", ":1|"],
    ]);
  }, { clock });
});

test("SET ends an expiry, and INCR keeps it", async () => {
  const clock = atNoon();
  await withRespServer((client) =>
    converse(client, [
      ["SET n 1 EX 10", "+OK|"],
      ["INCR n", ":2|"],
      ["TTL n", ":10|"],
      ["SET n 1", "+OK|"],
      ["TTL n", ":-1|"],
    ]), { clock });
});

test("keys expire at the same instant if the server is restarted", async () => {
  const clock = atNoon();
  await acrossRestarts([
    async (client) => {
      await client.ask("SET a v EX 10", "SET b v PX 20000", "SET c v");
      await client.ask("EXPIRE c 30", "SET n 1 EX 40", "INCR n");
      await client.ask(
        "SET d v EX 5",
        "EXPIRE d 50",
        "SET e v EX 5",
        "SET e w",
      );
      clock.ms += 10_000;
    },
    async (client) => {
      const ttls = await client.ask(
        ..."abcnde".split("").map((k) => `TTL ${k}`),
      );
      assertEquals(ttls, ":-2|:10|:20|:30|:40|:-1|");
      assertEquals(await client.ask("GET a", "GET e"), "$-1|$1|w|");
      clock.ms += 15_000;
    },
    async (client) => {
      assertEquals(await client.ask("GET b", "TTL c"), "$-1|:5|");
    },
  ], { clock });
});

test("PING, ECHO, SELECT and what clients ask as they connect", () =>
  conversation(
    ["PING", "+PONG|"],
    ["ping you", "$3|you|"],
    ["ECHO you", "$3|you|"],
    ["SELECT 0", "+OK|"],
    ["SELECT 1", "-ERR DB index is out of range|"],
    ["COMMAND", "*0|"],
    ["COMMAND DOCS", "*0|"],
    ["CONFIG GET save", "*2|$4|save|$0||"],
    ["CONFIG GET appendonly", "*2|$10|appendonly|$3|yes|"],
    ["CONFIG GET nothing", "*0|"],
    ["CONFIG SET save 1", SYNTAX],
  ));

test("INFO says how many keys there are, and how the log is", () =>
  withRespServer(async (client) => {
    await client.ask("SET k v");
    const info = await client.ask("INFO");
    assertMatch(info, /\|aof_rewrite_in_progress:0\|/);
    assertMatch(info, /\|aof_last_bgrewrite_status:ok\|/);
    assertMatch(info, /\|aof_current_size:[1-9]\d*\|/);
    assertMatch(info, /\|db0:keys=1\|/);
  }));

test("every command refuses a wrong number of arguments", () =>
  withRespServer(async (client) => {
    const wrong = [
      ...["GET", "GET a b", "SET", "SET k", "DEL", "INCR", "INCR a b"],
      ...["EXPIRE k", "EXPIRE k 1 NX", "PEXPIRE k", "TTL", "TTL a b", "PTTL"],
      ...["DBSIZE 0", "BGREWRITEAOF now", "PING a b", "ECHO", "ECHO a b"],
      ...["SELECT", "CONFIG", "CONFIG GET"],
    ];
    for (const command of wrong) {
      const name = command.split(" ")[0].toLowerCase();
      const reply = `-ERR wrong number of arguments for '${name}' command|`;
      assertEquals(await client.ask(command), reply);
    }
  }));

test("an unknown command is refused, without what would break the protocol", () =>
  conversation(
    ["FLUSH\r\n", "-ERR unknown command 'FLUSH??'|"],
    ["constructor", "-ERR unknown command 'constructor'|"],
    ["CONFIG GET constructor", "*0|"],
    ["PING", "+PONG|"],
  ));
