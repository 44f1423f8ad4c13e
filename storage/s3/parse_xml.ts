/** An element of a document in XML. */
export interface XmlElement {
  /** Its name, as it stands there. */
  readonly name: string;
  /** Its text, decoded, without that of its children. */
  readonly text: string;
  /** The elements in it, in order. */
  readonly children: readonly XmlElement[];
}

/** A tag or a declaration, with what its groups are. */
const TAG =
  /<(\/?)([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y;

const TEXT = /[^<]+/y;

const DECLARATION = /^\uFEFF?\s*(?:<\?xml[^?]*\?>)?\s*/;

const NAMED: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/**
 * Reads the little XML that object stores answer with: elements, text and
 * character references. Attributes are skipped. Everything else, such as a
 * document type or an unknown entity, is a `SyntaxError`.
 */
export function parseXml(text: string): XmlElement {
  const top: OpenElement = { name: "", text: "", children: [] };
  const path = [top];
  let at = DECLARATION.exec(text)![0].length;
  while (at < text.length) {
    const open = path.at(-1)!;
    const [found, slash, name, empty] = matchAt(TAG, text, at) ?? [];
    if (found === undefined) {
      const words = matchAt(TEXT, text, at)?.[0];
      if (words === undefined) throw unexpected(text, at);
      open.text += decode(words);
      at += words.length;
      continue;
    }
    if (slash === "") {
      const child = { name, text: "", children: [] };
      open.children.push(child);
      if (empty === "") path.push(child);
    } else {
      if (open.name !== name || empty !== "") throw unexpected(text, at);
      path.pop();
    }
    at += found.length;
  }
  const isWhole = path.length === 1 && top.children.length === 1 &&
    top.text.trim() === "";
  if (!isWhole) throw unexpected(text, text.length);
  return top.children[0];
}

function matchAt(what: RegExp, text: string, at: number) {
  what.lastIndex = at;
  return what.exec(text) ?? undefined;
}

function decode(text: string): string {
  return text.replace(/&([^;\s]{0,10};?)/g, (whole, inside: string) => {
    const [, hex, digits, name] =
      /^(?:#x([\da-fA-F]+)|#(\d+)|(\w+));$/.exec(inside) ?? [];
    if (name !== undefined && Object.hasOwn(NAMED, name)) return NAMED[name];
    const code = hex === undefined ? Number(digits) : parseInt(hex, 16);
    if (code > 0 && code <= 0x10ffff) return String.fromCodePoint(code);
    throw new SyntaxError(`Cannot read XML because of the entity "${whole}"`);
  });
}

function unexpected(text: string, at: number): SyntaxError {
  const found = at < text.length
    ? JSON.stringify(text.slice(at, at + 20))
    : "its end";
  return new SyntaxError(
    `Cannot read XML because of ${found} at offset ${at}`,
  );
}
