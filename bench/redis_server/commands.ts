import { Buffer } from "node:buffer";
import type { Store } from "./store.ts";

/** Executes a command, with its name and arguments; returns the reply. */
type Command = (store: Store, request: readonly Buffer[]) => string;

const OK = "+OK\r\n";
const EMPTY = "*0\r\n";
const WRONG_ARGUMENTS = failure("wrong number of arguments");
const INTEGER = /^-?\d{1,15}$/;

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["SET", (store, request) => {
    if (request.length !== 3) return WRONG_ARGUMENTS;
    store.set(text(request[1]), request[2]);
    return OK;
  }],
  ["GET", (store, request) => {
    if (request.length !== 2) return WRONG_ARGUMENTS;
    return bulk(store.get(text(request[1])));
  }],
  ["DEL", (store, [, ...keys]) => {
    if (keys.length === 0) return WRONG_ARGUMENTS;
    return integer(keys.filter((key) => store.delete(text(key))).length);
  }],
  ["INCR", (store, request) => {
    if (request.length !== 2) return WRONG_ARGUMENTS;
    const key = text(request[1]);
    const value = text(store.get(key) ?? Buffer.from("0"));
    if (!INTEGER.test(value)) return failure("value is not an integer");
    const next = Number(value) + 1;
    store.set(key, Buffer.from(`${next}`));
    return integer(next);
  }],
  ["PING", (_store, [, message]) => {
    return message === undefined ? "+PONG\r\n" : bulk(message);
  }],
  ["DBSIZE", (store) => integer(store.size)],
  // What redis-cli and redis-benchmark ask when they connect.
  ["COMMAND", () => EMPTY],
  ["CONFIG", () => EMPTY],
]);

/**
 * Executes a request on a store, and returns the reply as the Redis protocol
 * has it, with one unit per byte. Throws what the log throws.
 */
export function execute(store: Store, request: readonly Buffer[]): string {
  const name = text(request[0]);
  const command = commands.get(name) ?? commands.get(name.toUpperCase());
  if (command !== undefined) return command(store, request);
  return failure(`unknown command '${name.replace(/[^ -~]/g, "?")}'`);
}

function text(bytes: Buffer): string {
  return bytes.toString("latin1");
}

function failure(message: string): string {
  return `-ERR ${message}\r\n`;
}

function integer(value: number): string {
  return `:${value}\r\n`;
}

function bulk(value: Buffer | undefined): string {
  if (value === undefined) return "$-1\r\n";
  return `$${value.length}\r\n${text(value)}\r\n`;
}
