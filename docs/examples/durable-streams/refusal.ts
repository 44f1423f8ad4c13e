import type { Headers } from "./respond.ts";

/** A request that the protocol refuses; its status says which rule it broke. */
export class Refusal extends Error {
  /** The class's name. */
  override readonly name = "Refusal";
  /** The HTTP status of the response. */
  readonly status: number;
  /** What the response has on top of the headers of every response. */
  readonly headers: Headers;

  /** The response has `message` as its body. */
  constructor(status: number, message: string, headers: Headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
