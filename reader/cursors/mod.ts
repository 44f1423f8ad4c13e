/**
 * Durable places in a log: what keeps them, and what they hold back.
 *
 * What other folders of the library may import from here.
 *
 * @module
 */
export * from "./cursor.ts";
export { holdBack, type HoldOptions } from "./hold_back.ts";
