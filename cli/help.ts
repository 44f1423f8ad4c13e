import type { CommandName } from "./parse_command.ts";

const TOP = `Usage: wal COMMAND DIR [OPTIONS]

A write-ahead log in the directory DIR; "lab" takes a trace in its place.

  append    append each line of stdin as a record
  cat       print records, also while a writer has the log open
  inspect   show segments, frames, and how the log ends
  verify    read everything and check every checksum and link
  repair    keep what is intact of a damaged log, and the damaged bytes beside
  doctor    measure what a sync costs in a directory, and recommend options
  lab       replay a trace through policies, and compare them

  --help, -h       this text; "wal COMMAND --help" says more
  --version, -V    the version

Exit codes: 0 done, 1 failed or damaged, 2 bad arguments, 130 after SIGINT,
143 after SIGTERM.`;

const TOPICS: Record<CommandName, string> = {
  append: `Usage: wal append DIR [OPTIONS] < LINES

Appends each line of stdin as a record: its bytes up to the newline, as they
are. A last line without a newline is a record, too. DIR is made if need be.
The last line on stderr says what was acknowledged.

  --ack LEVEL      what is true of a record when it counts as acknowledged:
                   disk (default)  it was synced; survives power loss
                   os              it was written; survives a killed process
                   memory          it is queued
  --policy POLICY  when a batch is flushed, the default being leader:
                   count:256       at 256 records, or when none are waiting
                   bytes:64k       at 64 KiB (k, m, g), likewise
                   age:2           when the oldest has waited for 2 ms
                   leader          at once, with all that came meanwhile
                   leader:2        but waits for siblings for 2 ms
                   adaptive        waits where it learned that it pays
                   adaptive:5      likewise, for acks within 5 ms
                   Joined by commas, the first that is due flushes:
                   count:1000,bytes:1m,age:10
  --trace FILE     write a trace to FILE, which must not be there: when records
                   came, how large they are, and what flushes cost; not what
                   is in them. "wal lab FILE" replays it

Ctrl-C stops reading; what was read is made durable. A second one ends at once.`,
  cat: `Usage: wal cat DIR [OPTIONS]

Prints records, each followed by a newline. Takes no lock and changes nothing,
so a writer may have the log open; its end is synced before it is shown. What a
crash left half-written at the end is not shown. Records that a repair gave up
are left out, and said to be lost on stderr.

  --from LSN     the first record, by default the oldest that is kept
  --to LSN       the last record, by default the last one there is
  --follow, -f   wait for more until Ctrl-C
  --json         one object a line: {"lsn":1,"text":"..."}, or
                 {"lsn":1,"base64":"..."} for what is not UTF-8, and
                 {"lsn":1,"lost":2} where 2 records are lost from LSN 1 on`,
  inspect: `Usage: wal inspect DIR [--json]

Shows the segments, what is in them, how the log ends and who may write to it.
Takes no lock and changes nothing. Reads everything.

  --json         one object instead of text`,
  verify: `Usage: wal verify DIR

Reads everything and checks each checksum, length and link. Takes no lock and
changes nothing. Prints a line for each segment, with file, offset, what was
expected and what was found where one is damaged, and exits with 1 if any is.

A torn end, as a crash may leave it, is reported but is no damage: nothing in
it was acknowledged as durable, and the next opening leaves it out. A hole that
a repair left is reported, and is no damage any more: somebody chose to go on.`,
  repair: `Usage: wal repair DIR [--dry-run]

Makes a damaged log one that can be opened and read again. Keeps each frame that
is whole, and records a hole for what is lost, so that LSNs stay what they were.
Takes the lock and reads everything. A damaged segment is written anew; the
bytes that it had are kept beside it as NAME.wal.broken, which nobody reads or
removes: delete it when you need it no more. Nothing else is touched, and what
is not damaged, such as a torn end, stays as it is. If it is interrupted, run it
again.

  --dry-run      change nothing and take no lock: show what would be kept and
                 what lost. Nobody should write to the log meanwhile.

Exit codes: 0 the log is whole, or is so now, even if records were lost; 1 it
did not work, or, with --dry-run, there is something to repair.`,
  doctor: `Usage: wal doctor DIR [OPTIONS]

Measures what it costs to make a write durable in the directory DIR, which has
to be there, and recommends options for a log in it. It writes as a log does, to
a file that was filled with zeros and to one that grows; syncs on the calling
thread, on the runtime's thread pool and on a worker thread; and writes several
sizes. All have their turn in each round, in another order, so that whatever
else goes on hits all alike. Warns of places where a sync does not do what a log
relies on.

  --seconds N    how long to measure (10)
  --trace FILE   choose the policy by simulating the appends in this trace with
                 the measured costs; see "wal lab --help"
  --json         one object instead of text, durations in ms

Takes no lock and touches no log. It needs 200 MB for a while, in a directory
".wal-doctor-XXXXXX" in DIR, which it removes, also after Ctrl-C; only a process
that is killed leaves it behind, and it may then be deleted.`,
  lab: `Usage: wal lab TRACE [OPTIONS]

Replays the appends in the file TRACE through policies, in a simulator, and
shows what each would have come to: how long appends would have waited until
they were durable, and how many flushes it would have taken. A log writes a
trace if asked to: by "wal append --trace FILE", or Wal.open(dir, { trace }).

The first row is what the log itself did. The appends come when they came in the
trace: callers who wait for their acks would have come at other times.

  --policy POLICY          a policy to try, as in "wal append"; may be repeated.
                           By default some that suit what the flushes cost
  --sync-ms MS             what each sync takes, in place of what flushes took
                           in the trace, of which one is drawn at random
  --seed N                 draw others (1)
  --price-per-million N    what a million flushes cost, as object storage has
                           it: adds what each policy costs in a month
  --svg FILE               a plot of it, for light and dark grounds
  --json                   one object instead of text, durations in ms`,
};

/** The help on a command, or on all of them. */
export function help(topic?: CommandName): string {
  return topic === undefined ? TOP : TOPICS[topic];
}
