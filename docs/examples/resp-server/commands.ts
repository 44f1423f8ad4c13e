import { Buffer } from "node:buffer";
import type { Store } from "./store.ts";

/** A command: how many arguments it takes, and what it replies. */
interface Command {
  readonly arity: readonly [least: number, most: number];
  run(store: Store, args: readonly Buffer[], name: string): string;
}

const OK = "+OK\r\n";
const NULL = "$-1\r\n";
const SYNTAX = failure("syntax error");
const NO_INTEGER = failure("value is not an integer or out of range");

/** As Redis writes integers of 64 bits; the range is checked apart from that. */
const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const LARGEST = 2n ** 63n - 1n;

/** As a configuration of Redis that does the same; redis-benchmark asks. */
const CONFIG: ReadonlyMap<string, string> = new Map([
  ["appendfsync", "always"],
  ["appendonly", "yes"],
  ["save", ""],
]);

const expire = (unitMs: number): Command => ({
  arity: [2, 2],
  run(store, [key, amount], name) {
    const units = parseInteger(amount);
    if (units === undefined) return NO_INTEGER;
    const at = deadline(store, units, unitMs);
    if (at === undefined) return invalidExpiry(name);
    return integer(store.expire(text(key), at) ? 1 : 0);
  },
});

const remaining = (unitMs: number): Command => ({
  arity: [1, 1],
  run(store, [key]) {
    if (store.get(text(key)) === undefined) return integer(-2);
    const at = store.expiresAt(text(key));
    if (at === Infinity) return integer(-1);
    // It may have expired since; less than 0 would mean something else.
    return integer(Math.round(Math.max(0, at - store.now()) / unitMs));
  },
});

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["GET", {
    arity: [1, 1],
    run: (store, [key]) => bulk(store.get(text(key))),
  }],
  ["SET", { arity: [2, Infinity], run: set }],
  ["DEL", {
    arity: [1, Infinity],
    run: (store, keys) =>
      integer(keys.filter((key) => store.delete(text(key))).length),
  }],
  ["INCR", { arity: [1, 1], run: increment }],
  ["EXPIRE", expire(1000)],
  ["PEXPIRE", expire(1)],
  ["TTL", remaining(1000)],
  ["PTTL", remaining(1)],
  ["DBSIZE", { arity: [0, 0], run: (store) => integer(store.size) }],
  ["BGREWRITEAOF", {
    arity: [0, 0],
    run: (store) =>
      store.rewrite()
        ? "+Background append only file rewriting started\r\n"
        : failure("Background append only file rewriting already in progress"),
  }],
  ["PING", {
    arity: [0, 1],
    run: (_, [message]) => message === undefined ? "+PONG\r\n" : bulk(message),
  }],
  ["ECHO", { arity: [1, 1], run: (_, [message]) => bulk(message) }],
  ["SELECT", {
    arity: [1, 1],
    run: (_, [index]) =>
      text(index) === "0" ? OK : failure("DB index is out of range"),
  }],
  // What redis-cli and redis-benchmark ask when they connect.
  ["COMMAND", { arity: [0, Infinity], run: () => array([]) }],
  ["CONFIG", {
    arity: [2, Infinity],
    run(_, [action, ...names]) {
      if (text(action).toUpperCase() !== "GET") return SYNTAX;
      const asked = new Set(names.map(text));
      return array([...CONFIG].filter(([name]) => asked.has(name)).flat());
    },
  }],
  ["INFO", { arity: [0, Infinity], run: describe }],
]);

/**
 * Executes a request on a store, and returns the reply as the Redis protocol
 * has it, with one unit per byte. Throws what the log throws.
 */
export function execute(
  store: Store,
  [first, ...args]: readonly Buffer[],
): string {
  const name = text(first);
  const command = commands.get(name) ?? commands.get(name.toUpperCase());
  if (command === undefined) {
    return failure(`unknown command '${name.replace(/[^ -~]/g, "?")}'`);
  }
  const [least, most] = command.arity;
  const lower = name.toLowerCase();
  if (args.length >= least && args.length <= most) {
    return command.run(store, args, lower);
  }
  return failure(`wrong number of arguments for '${lower}' command`);
}

/** An error reply; `message` has no line ends. */
export function failure(message: string): string {
  return `-ERR ${message}\r\n`;
}

function set(store: Store, [key, value, ...options]: readonly Buffer[]) {
  const name = text(key);
  let expiresAt = Infinity;
  let condition: string | undefined;
  for (let index = 0; index < options.length; index++) {
    const option = text(options[index]).toUpperCase();
    if (option === "NX" || option === "XX") {
      if ((condition ?? option) !== option) return SYNTAX;
      condition = option;
      continue;
    }
    const amount = options[++index];
    const isExpiry = option === "EX" || option === "PX";
    if (!isExpiry || amount === undefined || expiresAt < Infinity) {
      return SYNTAX;
    }
    const units = parseInteger(amount);
    if (units === undefined) return NO_INTEGER;
    const at = deadline(store, units, option === "EX" ? 1000 : 1);
    if (units <= 0n || at === undefined) return invalidExpiry("set");
    expiresAt = at;
  }
  if (condition !== undefined) {
    const exists = store.get(name) !== undefined;
    if (exists !== (condition === "XX")) return NULL;
  }
  store.set(name, value, expiresAt);
  return OK;
}

/** What is logged is the sum, and so is the time at which the key expires. */
function increment(store: Store, [key]: readonly Buffer[]): string {
  const name = text(key);
  const old = store.get(name);
  const value = old === undefined ? 0n : parseInteger(old);
  if (value === undefined) return NO_INTEGER;
  if (value === LARGEST) {
    return failure("increment or decrement would overflow");
  }
  const next = value + 1n;
  store.set(name, Buffer.from(`${next}`), store.expiresAt(name));
  return integer(next);
}

function describe(store: Store): string {
  const state = store.rewriteState;
  return bulk(Buffer.from([
    "# Persistence",
    "loading:0",
    "aof_enabled:1",
    `aof_rewrite_in_progress:${state === "busy" ? 1 : 0}`,
    `aof_last_bgrewrite_status:${state === "failed" ? "err" : "ok"}`,
    `aof_current_size:${store.storedBytes}`,
    "# Keyspace",
    `db0:keys=${store.size}`,
    "",
  ].join("\r\n")));
}

function parseInteger(bytes: Buffer): bigint | undefined {
  const digits = text(bytes);
  if (!INTEGER.test(digits)) return undefined;
  const value = BigInt(digits);
  return value > LARGEST || value < -LARGEST - 1n ? undefined : value;
}

/** The instant in so many units; `undefined` if no number can be as exact. */
function deadline(
  store: Store,
  units: bigint,
  unitMs: number,
): number | undefined {
  const at = store.now() + Number(units) * unitMs;
  return Number.isSafeInteger(at) ? at : undefined;
}

function invalidExpiry(name: string): string {
  return failure(`invalid expire time in '${name}' command`);
}

function text(bytes: Buffer): string {
  return bytes.toString("latin1");
}

function integer(value: number | bigint): string {
  return `:${value}\r\n`;
}

function bulk(value: Buffer | undefined): string {
  return value === undefined ? NULL : `$${value.length}\r\n${text(value)}\r\n`;
}

function array(items: readonly string[]): string {
  const bulks = items.map((item) => bulk(Buffer.from(item)));
  return `*${bulks.length}\r\n${bulks.join("")}`;
}
