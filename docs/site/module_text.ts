import { Models } from "typedoc";
import { firstSentence } from "./document.ts";

const { ReflectionKind } = Models;

const KINDS: readonly [Models.ReflectionKind, string][] = [
  [ReflectionKind.Class, "class"],
  [ReflectionKind.Function, "function"],
  [ReflectionKind.Interface, "interface"],
  [ReflectionKind.TypeAlias, "type"],
  [ReflectionKind.Variable, "const"],
];

/** The first sentence about a module. */
export function moduleSummary(module: Models.DeclarationReflection): string {
  const [paragraph] = textOf(module.comment?.summary ?? []).split("\n\n");
  return firstSentence(paragraph.replaceAll(/\s+/g, " ").trim());
}

/** All that a module exports, in Markdown: signatures and what they mean. */
export function moduleText(module: Models.DeclarationReflection): string {
  const symbols = module.children ?? [];
  return [
    `# ${module.name}`,
    aboutOf(module),
    ...KINDS.flatMap(([kind, word]) =>
      symbols.filter((symbol) => symbol.kind === kind)
        .map((symbol) => symbolText(symbol, word))
    ),
    othersOf(symbols),
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

/** What a module takes from another one, where it is described. */
function othersOf(symbols: readonly Models.DeclarationReflection[]): string {
  const lines = symbols.flatMap((symbol) => {
    if (!symbol.isReference()) return [];
    const { parent } = symbol.getTargetReflectionDeep();
    return [`- \`${symbol.name}\`: the same as in ${parent?.name}`];
  });
  return lines.length === 0 ? "" : `## Exported again\n\n${lines.join("\n")}`;
}

function symbolText(
  symbol: Models.DeclarationReflection,
  word: string,
): string {
  const members = (symbol.children ?? typeMembers(symbol)).map(memberText);
  return [
    `## ${word} ${symbol.name}`,
    ...headOf(symbol).map((head) => `\`\`\`ts\n${head}\n\`\`\``),
    aboutOf(symbol),
    members.join("\n"),
  ].filter((part) => part !== "").join("\n\n");
}

function headOf(symbol: Models.DeclarationReflection): string[] {
  if (symbol.signatures !== undefined) return symbol.signatures.map(signature);
  if (symbol.type === undefined || typeMembers(symbol).length > 0) return [];
  const isType = symbol.kind === ReflectionKind.TypeAlias;
  return [
    isType
      ? `type ${symbol.name} = ${symbol.type}`
      : `const ${symbol.name}: ${symbol.type}`,
  ];
}

/** The members of an object type that has a name. */
function typeMembers(
  { type }: Models.DeclarationReflection,
): readonly Models.DeclarationReflection[] {
  return type instanceof Models.ReflectionType
    ? type.declaration.children ?? []
    : [];
}

function memberText(member: Models.DeclarationReflection): string {
  const comment = member.comment ?? member.signatures?.[0].comment ??
    member.getSignature?.comment;
  const [about] = textOf(comment?.summary ?? []).split("\n\n");
  const heads = member.signatures?.map(signature) ?? [
    `${member.name}${member.flags.isOptional ? "?" : ""}: ${
      member.type ?? member.getSignature?.type
    }`,
  ];
  const still = member.flags.isStatic ? "static " : "";
  return `- ${heads.map((head) => `\`${still}${head}\``).join(", ")}` +
    (about === "" ? "" : `: ${about.replaceAll(/\s+/g, " ").trim()}`);
}

function signature(
  { kind, name, parameters = [], type }: Models.SignatureReflection,
): string {
  const list = parameters.map((parameter) => {
    const { flags, defaultValue } = parameter;
    const mark = flags.isOptional || defaultValue !== undefined ? "?" : "";
    const rest = flags.isRest ? "..." : "";
    return `${rest}${parameter.name}${mark}: ${parameter.type}`;
  }).join(", ");
  return kind === ReflectionKind.ConstructorSignature
    ? `new ${name}(${list})`
    : `${name}(${list}): ${type}`;
}

/** What is said about a symbol, with its errors and examples. */
function aboutOf(symbol: Models.DeclarationReflection): string {
  const comments = symbol.signatures?.map(({ comment }) => comment) ??
    [symbol.comment];
  return comments.flatMap((comment) =>
    comment === undefined ? [] : [
      textOf(comment.summary),
      ...comment.blockTags.filter(({ tag }) =>
        ["@throws", "@returns", "@example"].includes(tag)
      ).map(blockText),
    ]
  ).map((part) => part.trim()).filter(Boolean).join("\n\n");
}

function blockText({ tag, name = "", content }: Models.CommentTag): string {
  const text = textOf(content).trim();
  const isCode = text.startsWith("```");
  return `${tag.slice(1)}: ${name}${isCode ? "\n\n" : " "}${text}`;
}

function textOf(parts: readonly Models.CommentDisplayPart[]): string {
  return parts.map((part) =>
    part.kind === "inline-tag" ? `\`${part.text}\`` : part.text
  ).join("");
}
