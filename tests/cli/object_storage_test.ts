/*
 * Goal: append, cat, status and verify do on object storage what they do in a
 * directory. Method: the tool in this process, on a store in memory, whose
 * objects the test damages one by one; once on a server that speaks S3.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { LeaderCommitPolicy } from "../../policies/leader_commit_policy.ts";
import {
  MemoryObjectStore,
  ObjectLog,
  type ObjectLogOptions,
} from "../../storage/s3/mod.ts";
import { Wal } from "../../wal.ts";
import { assert, assertEquals, assertStringIncludes } from "../kit/assert.ts";
import { BUCKET, CREDENTIALS, withObjectServer } from "../kit/object_server.ts";
import { test } from "../kit/register.ts";
import { input, type Run, wal } from "../kit/run_tool.ts";

const PLACE = ["--storage", "s3://bucket/log"];

/** Runs the tool on a store in memory. */
function run(
  store: MemoryObjectStore,
  args: string[],
  ...lines: string[]
): Promise<Run> {
  const [command, ...rest] = args;
  return wal([command, ...PLACE, ...rest], {
    stdin: input(lines.join("")),
    openStore: (url, { endpoint, region }) => {
      assertEquals([url, endpoint, region], [PLACE[1], undefined, undefined]);
      return Promise.resolve(store);
    },
  });
}

/** Opens the log on a store, to flush each record at once. */
function open(
  store: MemoryObjectStore,
  options: ObjectLogOptions = { compaction: false },
): Promise<Wal> {
  const policy = new LeaderCommitPolicy();
  return Wal.open(new ObjectLog(store, options), { policy });
}

/** A store that holds a log of these lines, a batch for each. */
async function logOf(...lines: string[]): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const log = await open(store);
  for (const line of lines) await log.append(line);
  await log.close();
  return store;
}

/** A copy of a store. */
async function copyOf(store: MemoryObjectStore): Promise<MemoryObjectStore> {
  const copy = new MemoryObjectStore();
  for (const key of await keysOf(store)) {
    const { bytes } = (await store.get(key))!;
    await copy.create(key, bytes, { id: "copy" });
  }
  return copy;
}

/** All keys. */
async function keysOf(store: MemoryObjectStore): Promise<string[]> {
  return (await store.list()).objects.map(({ key }) => key);
}

/** Puts other bytes in an object, or removes it. */
async function replace(
  store: MemoryObjectStore,
  key: string,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | undefined,
): Promise<void> {
  const { bytes } = (await store.get(key))!;
  await store.remove(key);
  const changed = change(bytes.slice());
  if (changed !== undefined) await store.create(key, changed, { id: "again" });
}

function cut(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.slice(0, -1);
}

function flip(at: number) {
  return (bytes: Uint8Array<ArrayBuffer>) => {
    bytes[at] ^= 1;
    return bytes;
  };
}

test("append --storage appends lines, which cat --storage prints", async () => {
  const store = new MemoryObjectStore();
  const appended = await run(store, ["append", "--json"], "one\ntwo\n");
  assertEquals([appended.code, appended.stderr], [0, ""]);
  const { records, lastLsn } = JSON.parse(`${appended.stdout}`);
  assertEquals([records, lastLsn], [2, 2]);
  const more = await run(store, ["append", "--policy", "leader"], "three\n");
  assertEquals(more.code, 0);
  const printed = await run(store, ["cat"]);
  assertEquals([printed.code, `${printed.stdout}`], [0, "one\ntwo\nthree\n"]);
  const last = await run(store, ["cat", "--last", "1", "--json", "--written"]);
  assertEquals(`${last.stdout}`, '{"lsn":3,"text":"three"}\n');
});

test("cat --storage --follow prints what is appended until it is interrupted", async () => {
  const store = await logOf("one");
  const stop = new AbortController();
  const seen: string[] = [];
  const following = wal(["cat", ...PLACE, "--follow"], {
    openStore: () => Promise.resolve(store),
    interrupt: stop.signal,
    stdout: {
      isTerminal: false,
      write(bytes) {
        seen.push(new TextDecoder().decode(bytes));
        if (seen.join("").includes("two")) stop.abort("SIGINT");
        else if (seen.join("") === "one\n") {
          void run(store, ["append"], "two\n");
        }
        return Promise.resolve();
      },
    },
  });
  assertEquals((await following).code, 130);
  assertEquals(seen.join(""), "one\ntwo\n");
});

test("the tool works on a server that speaks S3", async () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
  });
  try {
    await withObjectServer({}, async (endpoint) => {
      const place = [
        ...["--storage", `s3://${BUCKET}/logs/a`, "--endpoint", endpoint],
        ...["--region", "test-region"],
      ];
      const stdin = input("one\ntwo\n");
      assertEquals((await wal(["append", ...place], { stdin })).code, 0);
      const printed = await wal(["cat", ...place]);
      assertEquals(`${printed.stdout}`, "one\ntwo\n");
      const status = await wal(["status", ...place, "--json"]);
      assertEquals(JSON.parse(`${status.stdout}`).records, 2);
      assertEquals((await wal(["verify", ...place])).code, 0);
    });
  } finally {
    for (const name of Object.keys(process.env)) {
      if (name.startsWith("AWS_") && !(name in before)) {
        delete process.env[name];
      }
    }
    Object.assign(process.env, before);
  }
});

test("status --storage says what is known of a log", async () => {
  const store = await logOf("one", "two", "three");
  const log = await open(store);
  await (await log.cursor("billing")).commit(2);
  await log.truncateBefore(2);
  await log.close();
  const { code, stdout } = await run(store, ["status", "--json"]);
  const found = JSON.parse(`${stdout}`);
  assertEquals([code, found.state, found.problems], [0, "ok", []]);
  assertEquals([found.firstLsn, found.lastLsn, found.records], [2, 3, 2]);
  assertEquals([found.epoch, found.window, found.compacted], [2, 4, 0]);
  assertEquals(found.cursors, [{ name: "billing", committedLsn: 2, lag: 1 }]);
  const keys = await keysOf(store);
  const slots = keys.filter((key) => key.startsWith("b/"));
  assertEquals(found.slots, Number(slots.at(-1)!.slice(2)));
  const { fences } = found;
  assertEquals(fences, 16);
  assert(found.bytes > 0 && found.ageMs >= 0, `${stdout}`);
  const text = `${(await run(store, ["status"])).stdout}`;
  assertStringIncludes(text, "OK: 2 records, ");
  assertStringIncludes(text, "LSN 2 to 3; all durable");
  assertStringIncludes(text, "16 fences");
  assertStringIncludes(text, "billing at LSN 2, lags by 1 record");
});

test("status --storage has the limits and exit codes of a directory", async () => {
  const store = await logOf("one", "two");
  const log = await open(store, {});
  await log.cursor("billing");
  await log.close();
  await store.create("what", new Uint8Array(1), { id: "1" });
  const codes: number[] = [];
  for (
    const args of [
      ["--warn-bytes", "1"],
      ["--critical-bytes", "1"],
      ["--critical-lag", "1"],
      ["--critical-age", "1h"],
    ]
  ) {
    codes.push((await run(store, ["status", ...args])).code);
  }
  // The stray object is a warning.
  assertEquals(codes, [1, 2, 2, 1]);
  const { code, stdout } = await run(store, ["status", "--warn-lag", "1"]);
  assertEquals(code, 1);
  assertStringIncludes(`${stdout}`, 'cursor "billing" lags by 2 records');
  assertStringIncludes(`${stdout}`, "stray");
});

test("status --storage says that there is no log, or that it is damaged", async () => {
  const none = await run(new MemoryObjectStore(), ["status"]);
  assertEquals(none.code, 3);
  assertStringIncludes(`${none.stdout}`, "UNKNOWN: Cannot show the status of");
  const store = await logOf("one", "two");
  await replace(store, "log", () => undefined);
  const { code, stdout } = await run(store, ["status"]);
  assertEquals(code, 2);
  assertStringIncludes(`${stdout}`, 'CRITICAL: "[memory]/log" is damaged');
  const damaged = await logOf("one", "two");
  const slots = (await keysOf(damaged)).filter((key) => key.startsWith("b/"));
  await replace(damaged, slots.at(-1)!, flip(30));
  const found = await run(damaged, ["status", "--json"]);
  assertEquals(found.code, 2);
  assertStringIncludes(`${found.stdout}`, slots.at(-1)!);
});

test("verify --storage finds nothing wrong with a log that was used", async () => {
  const store = await logOf("one", "two", "three");
  for (const options of [{ compaction: false }, {}] as const) {
    const log = await open(store, options);
    await log.append("more", { meta: "metadata" });
    await log.truncateBefore(2);
    await log.close();
  }
  const { code, stdout, stderr } = await run(store, ["verify"]);
  assertEquals([code, stderr], [0, ""], `${stdout}`);
  assertStringIncludes(`${stdout}`, "OK: 4 records in 4 frames; every object");
  const json = await run(store, ["verify", "--json"]);
  const found = JSON.parse(`${json.stdout}`);
  assertEquals([found.state, found.firstLsn, found.lastLsn], ["ok", 2, 5]);
  assertEquals([found.records, found.damages, found.epoch], [4, [], 3]);
});

test("verify --storage names each object that is damaged, and no other", async () => {
  const whole = await logOf("one", "two", "three");
  const keys = (await keysOf(whole)).filter((key) => key.startsWith("b/"));
  assertEquals(keys.length, 8 + 1 + 3);
  for (const key of keys) {
    for (const at of [0, 20, 40, -1]) {
      const store = await copyOf(whole);
      const change = at < 0 ? cut : flip(at);
      await replace(store, key, change);
      const { code, stdout } = await run(store, ["verify", "--json"]);
      const found = JSON.parse(`${stdout}`);
      const named = found.damages.map(({ key }: { key: string }) => key);
      assertEquals([code, found.state], [1, "damaged"], `${key} at ${at}`);
      assertEquals(named, [key], `${key} at ${at}`);
    }
  }
});

test("verify --storage names each object that is missing, but for the last one", async () => {
  const whole = await logOf("one", "two", "three");
  const keys = (await keysOf(whole)).filter((key) => !key.startsWith("e/"));
  const lastSlot = keys.findLast((key) => key.startsWith("b/"));
  for (const key of keys) {
    const store = await copyOf(whole);
    await store.remove(key);
    const { code, stdout } = await run(store, ["verify"]);
    // Nothing says that there was more.
    if (key === lastSlot) assertEquals(code, 0, key);
    else {
      assertEquals(code, 1, key);
      assertStringIncludes(`${stdout}`, `damaged  "${key}" at offset 0`);
      assertStringIncludes(`${stdout}`, "DAMAGED: ");
    }
  }
});

test("verify --storage names keys that no log has", async () => {
  const store = await logOf("one", "two");
  await store.create("b/11", new Uint8Array(), { id: "1" });
  await store.create("what", new Uint8Array(), { id: "1" });
  const { code, stdout } = await run(store, ["verify"]);
  assertEquals(code, 1);
  assertStringIncludes(`${stdout}`, 'damaged  "b/11" at offset 0: its name is');
  assertStringIncludes(`${stdout}`, 'warning  "what" does not belong');
});

/** A store with a log of 60 records, most of them compacted. */
async function compactedLog(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  const log = await open(store, { window: 1, compaction: { slots: 8 } });
  for (let lsn = 1; lsn <= 60; lsn++) await log.append(`${lsn}`);
  for (let tries = 0; tries < 500; tries++) {
    const keys = await keysOf(store);
    const slots = keys.filter((key) => key.startsWith("b/"));
    if (keys.some((key) => key.startsWith("s/")) && slots.length < 40) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await log.close();
  return store;
}

test("verify --storage checks all of a compacted object, and where it lies", async () => {
  const whole = await compactedLog();
  const good = await run(whole, ["verify"]);
  assertEquals(good.code, 0, `${good.stdout}`);
  assertStringIncludes(`${good.stdout}`, "OK: 60 records in 60 frames");
  assertStringIncludes(`${good.stdout}`, "ok       s/");
  const keys = (await keysOf(whole)).filter((key) => key.startsWith("s/"));
  const status = await run(whole, ["status", "--json"]);
  assertEquals(JSON.parse(`${status.stdout}`).compacted, keys.length);
  for (const key of keys) {
    const { length } = (await whole.get(key))!.bytes;
    for (const change of [cut, flip(20), flip(70), flip(length - 1)]) {
      const store = await copyOf(whole);
      await replace(store, key, change);
      const { code, stdout } = await run(store, ["verify", "--json"]);
      const { damages } = JSON.parse(`${stdout}`);
      assertEquals(code, 1, key);
      assertEquals(damages.map(({ key }: { key: string }) => key), [key]);
    }
    const store = await copyOf(whole);
    await store.remove(key);
    assertEquals((await run(store, ["verify"])).code, 1, key);
  }
});

test("status --storage counts the slots that are not compacted", async () => {
  const store = await compactedLog();
  const { stdout } = await run(store, ["status", "--json"]);
  const found = JSON.parse(`${stdout}`);
  const slots = (await keysOf(store)).filter((key) => key.startsWith("b/"));
  assertEquals(found.uncompacted, slots.length - found.fences);
  assert(found.uncompacted < 40, `${stdout}`);
});

test("commands that need a directory refuse --storage", async () => {
  for (const command of ["inspect", "repair", "truncate", "top", "export"]) {
    const { code, stderr } = await wal([command, ...PLACE]);
    assertEquals(code, 2);
    assertStringIncludes(
      stderr,
      `wal: ${command} needs a directory: --storage is an option of append, ` +
        "cat, status, verify, restore, replicate, doctor",
    );
  }
});

const refusals: readonly (readonly [string[], string])[] = [
  [["append", "dir", ...PLACE], "append takes a directory or --storage"],
  [["append", ...PLACE, "--take-over"], "--take-over needs a directory"],
  [["append", ...PLACE, "--segment-bytes", "1m"], "--segment-bytes needs a"],
  [["cat", "--storage", "http://a"], "--storage must be s3://BUCKET"],
  [["cat", "dir", "--region", "a"], "--region needs --storage"],
  [["verify", "dir", "--endpoint", "a"], "--endpoint needs --storage"],
  [["status", ...PLACE, "--live"], "--live needs a directory"],
  [["status", ...PLACE, "--warn-free", "1g"], "--warn-free needs a directory"],
  [["status", ...PLACE, "--require-owner"], "--require-owner needs a"],
];

for (const [args, message] of refusals) {
  test(`wal ${args.join(" ")} is refused`, async () => {
    const { code, stderr } = await wal(args);
    assertEquals(code, args[0] === "status" ? 3 : 2);
    assertStringIncludes(stderr, message);
  });
}

test("docs/cli.md lists every name that --json prints of object storage", async () => {
  const document = readFileSync(
    new URL("../../docs/cli.md", import.meta.url),
    "utf8",
  );
  const store = await compactedLog();
  const log = await open(store);
  await log.cursor("billing");
  await log.close();
  await store.create("b/what", new Uint8Array(), { id: "1" });
  for (const command of ["status", "verify"]) {
    const { stdout } = await run(store, [command, "--json"]);
    const names = new Set<string>();
    JSON.parse(`${stdout}`, (name, value) => {
      if (/[a-z]/.test(name)) names.add(name);
      return value;
    });
    for (const name of names) {
      assertStringIncludes(document, `\`${name}\``, command);
    }
  }
});
