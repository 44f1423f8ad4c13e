import type { TraceCall, TraceEvent } from "./trace_call.ts";

/** Reads what `strace -f -y -xx -ttt -o FILE` wrote, in order. */
export function parseTrace(text: string): TraceEvent[] {
  const open = new Map<number, TraceCall>();
  const events: TraceEvent[] = [];
  for (const line of text.split("\n")) {
    const match = /^(\d+)\s+[\d.]+ (.*)$/.exec(line);
    if (match === null) continue;
    const thread = Number(match[1]);
    const rest = match[2];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed) {
      const call = open.get(thread);
      if (call === undefined) continue;
      open.delete(thread);
      events.push({ at: "end", call: conclude(call, resumed[1]) });
      continue;
    }
    const begun = /^(\w+)\((.*)$/.exec(rest);
    if (begun === null) continue; // A signal, or an exit.
    const [, name, tail] = begun;
    const unfinished = / ?<unfinished \.\.\.>$/.exec(tail);
    const call = begin(
      thread,
      name,
      unfinished ? tail.slice(0, unfinished.index) : argumentsOf(tail),
    );
    events.push({ at: "start", call });
    if (unfinished) open.set(thread, call);
    else events.push({ at: "end", call: conclude(call, tail) });
  }
  return events;
}

function begin(thread: number, name: string, args: string): TraceCall {
  return { thread, name, args: split(args), result: NaN, error: "" };
}

/** `tail` ends in `) = 0`, or in `) = -1 EIO (Input/output error)`. */
function conclude(call: TraceCall, tail: string): TraceCall {
  const [, result, error] = /\)\s+= (-?\d+|\?)[^ ]*(?: (E[A-Z0-9]+))?[^=]*$/
    .exec(tail) ?? [];
  call.result = Number(result);
  call.error = error ?? "";
  return call;
}

function argumentsOf(tail: string): string {
  return tail.slice(0, tail.lastIndexOf(") "));
}

/** At the commas outside of strings, paths, lists and structures. */
function split(args: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < args.length; at++) {
    const character = args[at];
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if ("[{<(".includes(character)) depth++;
    if (">]})".includes(character)) depth--;
    if (character !== "," || depth > 0) continue;
    parts.push(args.slice(from, at).trim());
    from = at + 1;
  }
  return [...parts, args.slice(from).trim()];
}
