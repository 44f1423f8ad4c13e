import ts from "typescript";
import type { Habit } from "./english_habits.ts";

/** A paragraph, list item or table row, and the lines that it comes from. */
export interface Passage {
  /** Its words, on one line. */
  readonly text: string;
  /** Where in `text` the lines begin, in order. */
  readonly lines: readonly Line[];
}

/** The beginning of a line in a passage. */
interface Line {
  readonly offset: number;
  readonly number: number;
}

/** A habit that was found. */
export interface Hit {
  /** The number of the line where it begins, from 1. */
  readonly line: number;
  /** The words that have it. */
  readonly words: string;
  /** What to write instead. */
  readonly say: string;
}

/** A line of prose, and its number in the file. */
interface Numbered {
  readonly text: string;
  readonly number: number;
}

/** Every place where a passage has a habit, in order. */
export function findHabits(
  passages: readonly Passage[],
  habits: readonly Habit[],
): Hit[] {
  const hits = passages.flatMap(({ text, lines }) =>
    habits.flatMap(({ habit, say }) =>
      [...text.matchAll(new RegExp(habit, `${habit.flags}g`))].map((match) => ({
        line: lines.findLast(({ offset }) => offset <= match.index)!.number,
        words: match[0].trim(),
        say,
      }))
    )
  );
  return hits.sort((one, other) => one.line - other.line);
}

/** The passages of a Markdown document; generated tables are left out. */
export function passagesOfDocument(document: string): Passage[] {
  const prose = document.replaceAll(
    /<!-- figures: \S+ -->[^]*?<!-- end of figures -->/g,
    (table) => table.replaceAll(/[^\n]/g, ""),
  );
  return passagesOf(
    prose.split("\n").map((text, index) => ({ text, number: index + 1 })),
  );
}

/** The passages of a TypeScript file: its comments and, if asked, its strings. */
export function passagesOfSource(
  name: string,
  source: string,
  { strings }: { readonly strings: boolean },
): Passage[] {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const lineAt = (position: number) =>
    file.getLineAndCharacterOfPosition(position).line + 1;
  const passages: Passage[] = [];
  const opaque: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (strings && isText(node)) passages.push(...passagesOfText(node, lineAt));
    if (isOpaque(node)) opaque.push(node);
    if (!ts.isImportDeclaration(node)) ts.forEachChild(node, visit);
  };
  visit(file);
  const code = opaque.reduce((code, node) => {
    const [from, to] = [node.getStart(), node.getEnd()];
    return code.slice(0, from) + " ".repeat(to - from) + code.slice(to);
  }, source);
  passages.push(...passagesOfComments(code, lineAt));
  return passages;
}

/** The passages of a string. */
function passagesOfText(
  node: ts.Node,
  lineAt: (position: number) => number,
): Passage[] {
  const parts: ts.Node[] = [];
  collect(node, parts);
  return passagesOf(
    parts.flatMap((part) =>
      textOf(part).split("\n").map((text, index) => ({
        text,
        number: lineAt(part.getStart()) +
          (ts.isStringLiteral(part) ? 0 : index),
      }))
    ),
  );
}

/** Whether a node is a string, or several joined by `+`, not within another. */
function isText(node: ts.Node): boolean {
  const { parent } = node;
  if (parent !== undefined && isSum(parent)) return false;
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ||
    isSum(node);
}

function isSum(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusToken;
}

/** What may look like a comment in the code without being one. */
function isOpaque(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node) ||
    ts.isRegularExpressionLiteral(node);
}

function collect(node: ts.Node, parts: ts.Node[]): void {
  if (isSum(node)) {
    collect(node.left, parts);
    collect(node.right, parts);
  } else parts.push(node);
}

/** The text of a string; what is put into it is an ellipsis. */
function textOf(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return "…";
  const rest = node.templateSpans.map(({ literal }) => `…${literal.text}`);
  return node.head.text + rest.join("");
}

/** The comments in code whose strings are blank. */
function passagesOfComments(
  code: string,
  lineAt: (position: number) => number,
): Passage[] {
  const comments = code.matchAll(/\/\*[^]*?\*\/|(?:\/\/[^\n]*\n?[ \t]*)+/g);
  return [...comments].flatMap(({ 0: comment, index }) =>
    passagesOf(
      comment.split("\n").map((text, line) => ({
        text: text.replace(/^\s*(?:\/\*\*?|\*(?!\/)|\/\/)?/, "")
          .replace(/\*\/$/, ""),
        number: lineAt(index) + line,
      })),
    )
  );
}

/** Joins the lines of each paragraph; a row, an item or code is one alone. */
function passagesOf(lines: readonly Numbered[]): Passage[] {
  const passages: Passage[] = [];
  let text = "";
  let starts: Line[] = [];
  let isCode = false;
  const end = () => {
    if (text !== "") passages.push({ text, lines: starts });
    text = "";
    starts = [];
  };
  for (const line of lines) {
    const words = line.text.replaceAll(/\s+/g, " ").trim();
    const isFence = words.startsWith("```");
    if (isFence) isCode = !isCode;
    if (isCode || /^(?:$|[-*|#>@]|\d+\. |```)/.test(words)) end();
    if (words === "" || isFence) continue;
    starts.push({ offset: text.length, number: line.number });
    text += `${words.replace(/^(?:[-*>#]+|\d+\.) /, "")} `;
    if (isCode || /^[|#]/.test(words)) end();
  }
  end();
  return passages;
}
