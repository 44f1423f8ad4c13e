/** What strace prints for a text with `-xx`. */
export function hex(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** What it prints for a write of `text` to the file at `path`. */
export function write(path: string, text: string): string {
  return `write(7<${hex(path)}>, "${hex(text)}", ${text.length})` +
    ` = ${text.length}`;
}
