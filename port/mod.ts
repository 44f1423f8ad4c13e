/**
 * Ports of a log, for the other threads of its process: workers append to one
 * log, wait for it, and follow it.
 *
 * @module
 */
export type { AnyPort, GlobalPort } from "./protocol.ts";
export { openPort } from "./open_port.ts";
export { PortClosedError } from "./port_closed_error.ts";
export type {
  PortAppendOptions,
  PortReadOptions,
  WalPortOptions,
} from "./port_options.ts";
export { WalPort } from "./wal_port.ts";
