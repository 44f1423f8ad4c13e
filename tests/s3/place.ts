import { AwsV4Signer } from "aws4fetch";
import { S3Store } from "../../storage/s3/s3_store.ts";

/** The gateways of cluster.sh. */
export const GATEWAYS: readonly string[] = [
  "http://127.0.0.1:7481",
  "http://127.0.0.1:7482",
];

const BUCKET = "syncline";

const credentials = {
  accessKeyId: "AKSYNCLINE",
  secretAccessKey: "SKSYNCLINE",
};

/** Makes the bucket, if there is none. */
export async function makeBucket(): Promise<void> {
  const [url, method] = [`${GATEWAYS[0]}/${BUCKET}`, "PUT"];
  const { headers } = await new AwsV4Signer({
    ...{ url, method, ...credentials, service: "s3", region: "us-east-1" },
  }).sign();
  const response = await fetch(url, { method, headers });
  await response.arrayBuffer();
  if (response.ok) return;
  throw new Error(`the bucket cannot be made: ${response.status}`);
}

/** A place in the bucket, by a gateway or a proxy of it. */
export function openPlace(endpoint: string, prefix: string): Promise<S3Store> {
  const url = `s3://${BUCKET}/${prefix}`;
  return S3Store.open(url, { endpoint, credentials });
}
