/** Says of a file that is not the log's that it is there. */
export function describeStray(name: string): string {
  return `${name} is not the log's, and is left alone`;
}
