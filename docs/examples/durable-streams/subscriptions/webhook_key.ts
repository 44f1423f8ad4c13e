import { Buffer } from "node:buffer";
import {
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
} from "node:crypto";

/** The keys of a running server; the next one has others. */
export class ServerKeys {
  readonly #pair = generateKeyPairSync("ed25519");
  readonly #secret = randomBytes(32);
  /** The public key, for those who check signatures. */
  readonly jwk: Readonly<Record<string, string>>;

  constructor() {
    const { x } = this.#pair.publicKey.export({ format: "jwk" });
    const [kty, crv] = ["OKP", "Ed25519"];
    const thumbprint = createHash("sha256")
      .update(JSON.stringify({ crv, kty, x })).digest("base64url");
    const kid = `ds_${thumbprint}`;
    this.jwk = { kty, crv, x: `${x}`, kid, use: "sig", alg: "EdDSA" };
  }

  /** The value of the header that signs a body. */
  sign(body: string): string {
    const seconds = Math.floor(Date.now() / 1000);
    const signed = Buffer.from(`${seconds}.${body}`);
    const signature = sign(null, signed, this.#pair.privateKey);
    return `t=${seconds},kid=${this.jwk.kid},ed25519=${
      signature.toString("base64url")
    }`;
  }

  /** What allows its bearer to acknowledge a wake of a subscription. */
  token(subscription: string, generation: number): string {
    const mac = createHmac("sha256", this.#secret)
      .update(`${generation}.${subscription}`).digest("base64url");
    return `${generation}.${mac}`;
  }

  /** Which wake a token is for; `undefined` if it is none of ours. */
  generationOf(subscription: string, token: string): number | undefined {
    const generation = Number.parseInt(token, 10);
    const expected = Buffer.from(this.token(subscription, generation));
    const given = Buffer.from(token);
    const isOurs = given.length === expected.length &&
      timingSafeEqual(given, expected);
    return isOurs ? generation : undefined;
  }
}
