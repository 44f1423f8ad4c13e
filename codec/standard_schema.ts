/**
 * A schema of any library that implements Standard Schema, version 1
 * (standardschema.dev), such as Zod, Valibot and ArkType.
 */
export interface StandardSchema<In = unknown, Out = In> {
  /** What the specification demands of a schema. */
  readonly "~standard": StandardSchemaProps<In, Out>;
}

/** The part of a schema that Standard Schema describes. */
export interface StandardSchemaProps<In = unknown, Out = In> {
  /** The version of the specification. */
  readonly version: 1;
  /** The library that made it. */
  readonly vendor: string;
  /** Checks a value; the result of a promise is refused here. */
  readonly validate: (
    value: unknown,
  ) => StandardSchemaResult<Out> | Promise<StandardSchemaResult<Out>>;
  /** Never there at run time; carries the types. */
  readonly types?:
    | { readonly input: In; readonly output: Out }
    | undefined;
}

/** What a schema says about a value. */
export type StandardSchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

/** One thing that is wrong with a value. */
export interface StandardSchemaIssue {
  /** What is wrong. */
  readonly message: string;
  /** Where, from the outermost key on. */
  readonly path?:
    | readonly (PropertyKey | { readonly key: PropertyKey })[]
    | undefined;
}

/** A value does not have the form that a schema demands. */
export class SchemaError extends TypeError {
  /** The class's name. */
  override readonly name = "SchemaError";

  /** The `cause` of an `EncodeError` or a `DecodeError`. */
  constructor(
    /** What is wrong, as the schema says it. */
    readonly issues: readonly StandardSchemaIssue[],
  ) {
    super(issues.map(describe).join("; ") || "the schema refuses the value");
  }
}

/** A schema answers with a promise, for which no append and no read waits. */
export class AsyncSchemaError extends TypeError {
  /** The class's name. */
  override readonly name = "AsyncSchemaError";

  /** The `cause` of an `EncodeError` or a `DecodeError`. */
  constructor(
    /** The library that made the schema. */
    readonly vendor: string,
  ) {
    super(`the schema (${vendor}) validates asynchronously`);
  }
}

/**
 * What `schema` makes of a value. Throws `SchemaError` if it refuses the value,
 * and `AsyncSchemaError` if it answers with a promise.
 */
export function validate<Out>(
  { "~standard": standard }: StandardSchema<unknown, Out>,
  value: unknown,
): Out {
  const result = standard.validate(value);
  if ("then" in result) {
    // Nobody waits for it, so its rejection has to be handled here.
    result.then(() => {}, () => {});
    throw new AsyncSchemaError(standard.vendor);
  }
  if (result.issues !== undefined) throw new SchemaError(result.issues);
  return result.value;
}

function describe({ message, path = [] }: StandardSchemaIssue): string {
  const keys = path.map((part) =>
    String(typeof part === "object" ? part.key : part)
  );
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}
