import type * as WorkerThreads from "node:worker_threads";
import { builtin } from "../builtin.ts";
import type { AckLevel } from "../writer/acks.ts";
import type { Failure } from "./failure.ts";

/** A port of the web or of `node:worker_threads`: what tells it from others. */
export interface AnyPort {
  /** Sends a message. */
  postMessage(message: unknown): void;
  /** Begins to receive. */
  start(): void;
  /** Closes both ends. */
  close(): void;
}

/** The type of the global `MessagePort`, where there is one. */
export type GlobalPort = typeof globalThis extends {
  MessagePort: { prototype: infer Found extends AnyPort };
} ? Found
  : AnyPort;

/** A port, as Node, Deno and Bun have it. */
export interface Port extends AnyPort {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  addEventListener(
    type: "message" | "close",
    listener: (event: { readonly data: unknown }) => void,
  ): void;
  /** Keeps the thread alive. */
  ref?(): void;
  /** Does not. */
  unref?(): void;
}

/**
 * Listens to `port`, which keeps nothing alive; returns the port to use in its
 * place.
 */
export function listen(
  port: AnyPort,
  received: (message: unknown) => void,
  closed: () => void,
): Port {
  const adopted = adopt(port);
  adopted.addEventListener("message", ({ data }) => received(data));
  adopted.addEventListener("close", closed);
  adopted.start();
  adopted.unref?.();
  return adopted;
}

/**
 * A port that says when its other end is gone. On Deno, those do that went
 * through `node:worker_threads`; they have a method `on`.
 */
function adopt(port: AnyPort): Port {
  const threads = builtin<typeof WorkerThreads>("node:worker_threads");
  if (threads === undefined || "on" in port) return port as Port;
  const { port1, port2 } = new threads.MessageChannel();
  port1.postMessage({ port }, [port as WorkerThreads.MessagePort]);
  const received = threads.receiveMessageOnPort(port2);
  port1.close();
  return (received?.message as { port: Port }).port;
}

/** Levels by their number in a {@linkcode Groups}; 3 is that of the log. */
export const LEVELS: readonly (AckLevel | undefined)[] = [
  ...["memory", "os", "disk", undefined] as const,
];

/**
 * What each group of records in a block is, {@linkcode GROUP_FIELDS} numbers
 * each: how many records and bytes, the level as a number, 1 if the records must
 * share a frame, and the LSN that the first one must get, or 0.
 *
 * Groups are numbered from 0 in the order in which they are sent.
 */
export type Groups = readonly number[];

/** Numbers for each group. */
export const GROUP_FIELDS = 5;

/** How far a read may be ahead of its caller, in bytes. */
export const READ_AHEAD_BYTES = 1024 * 1024;

/** What a read or a follower takes from the log. */
export interface ReadRequest {
  readonly kind: "read" | "follow";
  readonly options: object;
}

/** From a worker to the log. Calls are numbered by the worker. */
export type Request =
  /** Records, each after its length. */
  | readonly ["append", groups: Groups, block: Uint8Array]
  /** Flush all that was sent before. */
  | readonly ["flush", call: number]
  /** Wait until a record has reached a level. */
  | readonly ["settle", call: number, lsn: number, level: number]
  /** Give up a call; end a read. */
  | readonly ["abort", call: number]
  /** Begin to read. */
  | readonly ["read", call: number, request: ReadRequest]
  /** The caller of a read has taken that many bytes. */
  | readonly ["credit", call: number, bytes: number];

/** Some records that were read, laid out as in a block. */
export interface SentBatch {
  readonly firstLsn: number;
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What they count for in credit. */
  readonly cost: number;
  /** The level that they had reached, if the log is followed. */
  readonly level: AckLevel | undefined;
}

/** From the log to a worker. */
export type Reply =
  /** Groups that have reached their levels, each with its first LSN. */
  | readonly ["acked", acks: readonly number[]]
  /**
   * A group that was not appended, or whose outcome is not known; except for its
   * first `kept` records, which are answered later.
   */
  | readonly ["refused", group: number, failure: Failure, kept: number]
  | readonly ["answer", call: number, value: number]
  | readonly ["failed", call: number, failure: Failure]
  | readonly ["batch", call: number, batch: SentBatch]
  /** The last batch was sent. */
  | readonly ["end", call: number]
  /** The log is closed; no other message follows. */
  | readonly ["closed"];
