/*
 * Goal: the programs that people use with Redis work with the example, and what
 * they got a reply to survives a kill. Method: the example in a process, as its
 * README starts it; redis-cli, redis-benchmark, and clients that count.
 */
import { fileURLToPath } from "node:url";
import { checkKill } from "../../../../bench/redis/check_kill.ts";
import { Client } from "../../../../bench/redis/client.ts";
import { startExample } from "../../../../bench/redis/servers.ts";
import { assert, assertEquals, assertMatch } from "../../../kit/assert.ts";
import { redisToolsTest } from "../../../kit/process/redis_tools.ts";
import { withTempDir } from "../../../kit/temp_dir.ts";

const main = fileURLToPath(
  new URL("../../../../docs/examples/resp-server/main.ts", import.meta.url),
);
const start = startExample([Deno.execPath(), "run", "-A", "--quiet", main]);

const REFUSAL = "ERR value is not an integer or out of range";

/** What a program prints on standard output; it must not fail. */
async function output(
  program: string,
  port: number,
  args: string[],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: ["-p", `${port}`, ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  return decoder.decode(stdout);
}

async function cli(port: number, command: string): Promise<string> {
  const lines = await output("redis-cli", port, command.split(" "));
  return lines.trim();
}

redisToolsTest(
  "redis-cli and redis-benchmark work, and find their keys after a restart",
  () =>
    withTempDir(async (directory) => {
      {
        await using server = await start(directory);
        const { port, child } = server;
        assertEquals(await cli(port, "SET k v EX 1000"), "OK");
        assertEquals(await cli(port, "TTL k"), "1000");
        assertEquals(await cli(port, "INCR k"), REFUSAL);
        const csv = ["-t", "set,get,incr,ping_mbulk", "--csv"];
        const load = ["-n", "3000", "-c", "10", "-P", "16", "-r", "100"];
        const report = await output("redis-benchmark", port, [...csv, ...load]);
        for (const name of ["PING_MBULK", "SET", "GET", "INCR"]) {
          assertMatch(report, new RegExp(`^"${name}","[1-9]`, "m"));
        }
        assertMatch(await cli(port, "BGREWRITEAOF"), /rewriting started$/);
        while (/rewrite_in_progress:1/.test(await cli(port, "INFO")));
        assertMatch(await cli(port, "INFO"), /bgrewrite_status:ok/);
        assertEquals(await cli(port, "SET j w"), "OK");
        child.kill("SIGTERM");
        const { code, errors } = await child.ended;
        assertEquals([code, errors], [0, ""]);
      }
      await using server = await start(directory);
      assertEquals(await cli(server.port, "GET k"), "v");
      assertMatch(await cli(server.port, "TTL k"), /^(1000|\d{3})$/);
      assertEquals(await cli(server.port, "GET j"), "w");
      assert(Number(await cli(server.port, "DBSIZE")) > 100);
    }),
);

/** redis-benchmark, and rewrites of the log, until the server is gone. */
async function loadUntilGone(port: number): Promise<void> {
  const load = ["-n", "100000000", "-c", "20", "-P", "16", "-r", "10000"];
  const benchmark = output("redis-benchmark", port, ["-t", "set", ...load]);
  using client = await Client.connect(port);
  const rewriting = (async () => {
    while (true) {
      await client.ask("BGREWRITEAOF").catch((error: Error) => {
        if (!/already/.test(error.message)) throw error;
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await Promise.allSettled([benchmark, rewriting]);
}

redisToolsTest(
  "no INCR with a reply is lost if the server is killed under load, even while it rewrites its log",
  () =>
    withTempDir(async (directory) => {
      const findings = await checkKill(start, directory, 500, loadUntilGone);
      assert(findings.acknowledged > 0);
      assertEquals(findings.lost, 0);
    }),
);
