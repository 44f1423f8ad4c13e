import type { CommandName } from "./command.ts";

const TOP = `Usage: wal COMMAND DIR [OPTIONS]

Works on the write-ahead log in the directory DIR; "lab" takes a trace instead.

  append    append each line of stdin as a record
  cat       print records, even while a writer has the log open
  inspect   show the segments, how the log ends, and who may write to it
  verify    read everything and check every checksum and link
  repair    keep what is intact of a damaged log, around holes
  doctor    measure what a sync costs in a directory, and recommend options
  lab       replay a trace under several policies and compare them

  --help, -h       this text; "wal COMMAND --help" says more
  --version, -V    the version

Exit codes: 0 done, 1 failed or damaged, 2 bad arguments; 129 after SIGHUP, 130
after SIGINT, 143 after SIGTERM. The first signal ends every command cleanly.`;

const TOPICS: Record<CommandName, string> = {
  append: `Usage: wal append DIR [OPTIONS] < LINES

Appends each line of stdin as a record: its bytes up to the newline, unchanged.
A last line without a newline is a record, too. DIR is created if it does not
exist. A line of more than 67,108,860 bytes ends the run with an error that
gives its number; the lines before it are kept.

  --ack LEVEL      what must be true of a record before it is acknowledged:
                   disk (default)  it is synced; survives power loss
                   os              it is written; survives a killed process
                   memory          it is queued
  --policy POLICY  when a batch is flushed; the default is leader:
                   count:256       at 256 records, or when none are waiting
                   bytes:64k       at 64 KiB (k, m, g), likewise
                   age:2           when the oldest has waited for 2 ms
                   leader          at once, with all that came meanwhile
                   leader:2        likewise, but waits for siblings for 2 ms
                   adaptive        waits where it has learned that this pays
                   adaptive:5      likewise, for acks within 5 ms
                   Joined by commas, the first that is due flushes:
                   count:1000,bytes:1m,age:10
  --segment-bytes N
                   size of a segment, at least 4096 (k, m, g); default 64m
  --take-over      take the log even from an owner that is running; it will
                   acknowledge nothing more
  --trace FILE     record a trace in FILE, which must not exist: when records
                   came, how large they are, and what flushes cost, but not
                   what is in them. "wal lab FILE" replays it

The last line on stderr says what was acknowledged. Ctrl-C, SIGTERM or SIGHUP
stops reading, and what was read is made durable; a second one ends at once.`,
  cat: `Usage: wal cat DIR [OPTIONS]

Prints records, each followed by a newline. Takes no lock and changes nothing,
so a writer may have the log open; the end of the log is synced before it is
shown. What a crash left half-written at the end is not shown. Records that a
repair gave up are skipped and reported on stderr.

  --from LSN     the first record; by default the oldest that is kept
  --to LSN       the last record; by default the last one there is
  --follow, -f   wait for more until Ctrl-C
  --json         one object a line: {"lsn":1,"text":"..."}, or
                 {"lsn":1,"base64":"..."} if it is not UTF-8, or
                 {"lsn":1,"lost":2} if 2 records are lost, from LSN 1 on`,
  inspect: `Usage: wal inspect DIR [--json]

Shows the segments, how the log ends, what the manifest says and who may write
to the log. Reads everything. Takes no lock and changes nothing. Damage is
shown; the exit code is still 0.

  --json         one object instead of text, with the names that
                 "wal verify --help" lists, but without "state"`,
  verify: `Usage: wal verify DIR [--json]

Reads everything and checks every checksum, length and link, and that all is
there that the manifest knows of. Takes no lock and changes nothing. Prints a
line for each segment. If one is damaged, it says in which file, at which
offset, what was expected and what was found, and the exit code is 1. So it is
if the manifest or segments are missing, or are those of another log.

Three things are reported, but are not damage. A torn end is what a crash may
leave; the next opening leaves it out. A frame that the owner is writing just
now looks the same, so the end is read twice before it is called either. A hole
is what a repair left: somebody chose to go on without these records.

Nor is what lies next to the log: a fenced segment, which an owner wrote after
another had taken the log from it, so nothing in it was acknowledged; and files
that are not the log's. Both are listed, and left alone.

  --json         one object instead of text, with the same exit code:
                 state       "ok" or "damaged"
                 firstLsn, lastLsn, records, lost, frames, bytes, syncedLsn;
                             records that a checkpoint dropped do not count
                 end         state, offset and bytes; its state is "empty",
                             "closed", "frame", "zeros" (room for more),
                             "writing", "torn" or "corrupt"
                 lock        state: "free", "alive", "dead", "unknown", each
                             but the first with pid, runtime and host; or
                             "unreadable", with the reason. A "free" one has
                             copy if the lock file is a copy from elsewhere
                 damage      file, offset and reason, if the manifest is damaged
                             or files are missing
                 manifest    log, epoch, firstLsn, baseLsn, durableLsn, closed
                 segments    a list: name, epoch, firstLsn, lastLsn, frames,
                             bytes, syncedLsn; holes, a list: offset, firstLsn,
                             lastLsn; and damage, if any: file, offset, reason
                 fenced      a list: name, epoch, firstLsn, lastLsn, and the
                             reason if it cannot be read
                 unfinished, obsolete, replaced, originals, strays
                             lists of file names`,
  repair: `Usage: wal repair DIR [OPTIONS]

Makes a damaged log one that can be opened and read again. Keeps every frame
that is whole and records a hole for what is lost, so that LSNs stay the same.
Takes the lock and reads everything. A damaged segment is rewritten; its
original bytes are kept next to it as NAME.wal.broken, which nothing reads or
removes: delete it when you no longer need it. So is what has a segment's name
but is not that segment, and a damaged manifest. Nothing else is touched, and
what is not damaged, such as a torn end, stays as it is.

Ctrl-C stops it between two steps, each of which leaves every file whole.
Running it again continues.

  --dry-run      change nothing and take no lock: show what would be kept and
                 what would be lost. Nobody should write to the log meanwhile
  --take-over    take the log even from an owner that is running; it will
                 acknowledge nothing more
  --json         one object instead of text, with the same exit code:
                 state       "ok", "repaired" or, with --dry-run, "damaged"
                 records, lost, and lossUnknown if nobody knows whether more
                             is lost
                 damages     a list: file, offset, reason, firstLsn and lastLsn
                             of what is lost, lossUnknown likewise, and
                             original, the file that has the original bytes,
                             unless there was none
                 torn        file, offset and reason, if the end is torn
                 fenced, strays   as in "wal verify --help"

Exit codes: 0 the log is whole, or is now, even if records were lost; 1 the
repair failed or, with --dry-run, there is something to repair.`,
  doctor: `Usage: wal doctor DIR [OPTIONS]

Measures what it costs to make a write durable in the directory DIR, which must
exist, and recommends options for a log there. It writes as a log does, to a
file that was filled with zeros and to one that grows; syncs on the calling
thread, on the runtime's thread pool and on a worker thread; and writes several
sizes. All take turns in each round, in a different order each time, so that
other load affects all alike. Warns of places where a sync does not do what a
log relies on.

  --seconds N    how long to measure (10)
  --trace FILE   choose the policy by simulating the appends in this trace with
                 the measured costs; see "wal lab --help"
  --json         one object instead of text, durations in ms

Takes no lock and touches no log. It needs 200 MB for a while, in a directory
".wal-doctor-XXXXXX" in DIR, which it removes, even after Ctrl-C. Only a process
that is killed leaves it there; it may then be deleted.`,
  lab: `Usage: wal lab TRACE [OPTIONS]

Replays the appends in the file TRACE under several policies, in a simulator.
Shows how long appends would have waited until they were durable, and how many
flushes each policy would have needed. A log records a trace on request: with
"wal append --trace FILE", or Wal.open(dir, { trace }).

The first row is what the log itself did. The appends keep the times of the
trace, although callers that wait for acks would have come at other times.

  --policy POLICY          a policy to try, as in "wal append"; may be repeated.
                           By default some that suit what the flushes cost
  --sync-ms MS             what each sync takes, instead of durations drawn at
                           random from those in the trace
  --seed N                 draw others (1)
  --price-per-million N    what a million flushes cost, as in object storage:
                           adds what each policy costs in a month
  --svg FILE               write a plot, for light and dark backgrounds
  --json                   one object instead of text, durations in ms`,
};

/** The help on a command, or on all of them. */
export function help(topic?: CommandName): string {
  return topic === undefined ? TOP : TOPICS[topic];
}
