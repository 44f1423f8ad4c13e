/** A habit that keeps a sentence from being idiomatic, and what to do instead. */
export interface Habit {
  /** Matches it in a sentence on one line, whitespace collapsed. */
  readonly habit: RegExp;
  /** What to write instead. */
  readonly say: string;
  /** A sentence that has it. */
  readonly example: string;
  /** A good sentence that looks much like it. */
  readonly counterexample: string;
}

/** A subject that begins a clause, after which "as" means "because". */
const SUBJECT =
  "(?:it|that|this|these|those|they|there|we|nobody|somebody|nothing|none|" +
  "no|each|both|all|more|only|" +
  "what|otherwise|one|its|(?:the|an?|its|their|another|some|such) [\\w-]+" +
  "(?: [\\w-]+)?)";

const VERB =
  "(?:is|are|was|were|has|have|had|may|might|can|cannot|could|will|" +
  "does not|do not|did not|must|needs?|knows?|takes?|makes?|begins?|stays?|" +
  "costs?|blocks?|holds?|waits?|lies?|leads?|follows?|bears?|chose)";

/**
 * What reviews kept finding in this project's texts. A row belongs here if the
 * check can find it without many false alarms; example and counterexample are
 * tested.
 */
export const habits: readonly Habit[] = [
  {
    habit: new RegExp(
      `(?:,|\\)|;) as ${SUBJECT} ${VERB}\\b(?![.,;:)]|$| (?:it|before|now|on|in|unless|leave|by default)\\b)`,
      "i",
    ),
    say: '"because", or a sentence of its own',
    example: "A failed sync is final, as it may report success later.",
    counterexample: "It stays in the queue, as it was, until the next flush.",
  },
  {
    habit:
      /\balso if\b|(?:,|\|) also (?:when|where|after|before|while|for|from|in|on|of|by|with|without|under|not|if|what|those|one|its|meanwhile|an?|the)\b|(?:^|[.:] )Also (?:when|where|if|those)\b/i,
    say: '"even", or "and so does …"',
    example: "Every record waits, also a lone one.",
    counterexample: "It reads the manifest, and also the last segment.",
  },
  {
    habit: /(?<![\w./-])beside\b(?![\w./-]*\.ts)/i,
    say: '"next to", "in addition to", "with" or "compared with"',
    example: "The original bytes stay beside the segment.",
    counterexample: "Besides, the original bytes stay next to it.",
  },
  {
    habit:
      /(?<!\b(?:left|leave|leaves|leaving)(?: \w+){0,3} |\b(?:lag|lags|lagging|fall|falls|fallen|fell|stand|stands|hide|hides|hidden|reasons?|idea) )\bbehind\b(?! (?:a|the) (?:proxy|network|firewall|flag|interface|scenes))/i,
    say: '"after", or "beyond"',
    example: "What lies behind the last frame is zeros.",
    counterexample: "A crash leaves files behind that nobody reads.",
  },
  {
    habit:
      /\b(?:for|by|to|than|from|but) who\b(?! (?:owns|holds|may|has|it)\b)|(?:^|[.;:] )Who (?!(?:may|owns|holds|can|asks|is|are)\b)[^.?]*[.;]|\bWhoever\b/,
    say: '"callers that …", "anyone who …", "those who …"',
    example: "The figures below are for who wants to know why.",
    counterexample: "Callers who wait for their acks know who owns the log.",
  },
  {
    habit:
      /\b(?:what|all that) (?:comes?|came|has come|had come|is to come)\b(?! (?:before|after|next|first|up)\b)/i,
    say: '"appends", "arrivals", "the records that arrive"; "the outcome"',
    example: "The ladder has to reach as far as what comes during a sync.",
    counterexample: "What becomes of a batch that is not due?",
  },
  {
    habit:
      /\btaken for\b(?! granted)|\btak(?:e|es|ing|en) [^.;:,]{1,40}? for (?:another|proof|one that|dead|lost|torn)\b/i,
    say: '"mistaken for", "treated as"',
    example: "A living owner may be taken for a dead one.",
    counterexample: "The lock is taken before anything is read, for a moment.",
  },
  {
    habit:
      /\blet wait\b|\b(?:is|are|be|being|was|were) let\b(?! (?:in|out|through|go)\b)|\blets (?:the |a |an |its |no |every )?\w+ wait\b/i,
    say: '"makes … wait", "does not wait"',
    example: "No record is let wait if that takes longer.",
    counterexample: "The queue lets callers in as soon as there is room.",
  },
  {
    habit: /\bdear(?:er|est)?\b/i,
    say: '"expensive", "costly"',
    example: "Small syncs are dear on such a disk.",
    counterexample: "Nothing appears on such a disk.",
  },
  {
    habit: /\bin the making\b/i,
    say: '"being built", "unfinished"',
    example: "A batch is the frame in the making.",
    counterexample: "The policy is involved in making a frame.",
  },
  {
    habit:
      /\b(?:is|are|was|were|be|been|being|gets?) (?:not |then |once )?told\b(?! (?:to|apart)\b)|\btold of\b|, and told\b|\bTold (?:of|what|how|each|once|after)\b/,
    say: '"is reported", "is notified", "receives"; "is distinguished"',
    example: "Each policy is told of every flush.",
    counterexample: "It stops when it is told to; the error told them apart.",
  },
  {
    habit: /(?<!\ban? (?:[\w-]+ ){1,2})\bof (?:its|their|his) own\b/i,
    say: '"its own …", "separate", "different"',
    example: "Callers append in turns of their own.",
    counterexample: "Each measurement runs in a process of its own.",
  },
  {
    habit: /\b(?:log|runtime|disk|device|system|segment|record|file)'s own\b/i,
    say: 'the plain noun: "the log\'s level", "the default level"',
    example: "It resolves at the log's own level.",
    counterexample: "It resolves at the default level of the log.",
  },
  {
    habit: /\bpass(?:es|ed)? for\b/i,
    say: '"is mistaken for"',
    example: "The last frame then passes for torn.",
    counterexample: "The last frame passes every check for torn tails.",
  },
  {
    habit:
      /\b(?:check|test|assertion) fell\b|\bTwice is once\b|\bthat obeys\b/i,
    say: '"failed", "is idempotent", "controllable"',
    example: "The log stops because the owner check fell.",
    counterexample: "The log stops because the owner check failed.",
  },
  {
    habit:
      /\b(?:say|says|said|tell|tells|tested|show|shows|speak|speaks) (?:nothing |anything |something |more |much )?of (?!mouth)(?<!to say nothing of )/i,
    say: '"about"',
    example: "The numbers say nothing of a disk.",
    counterexample: "The numbers say nothing about a disk.",
  },
  {
    habit: /\bbut for\b/i,
    say: '"except for", "apart from"',
    example: "LSNs have no gaps, but for holes.",
    counterexample: "LSNs have no gaps, except for holes.",
  },
  {
    habit: /(?:^|[.:] )Else (?!if\b)|, else (?!if\b)/,
    say: '"otherwise"',
    example: "The calls that wait report it, else the next one does.",
    counterexample: "The calls that wait report it, or somebody else does.",
  },
  {
    habit: /\bfor ever\b/i,
    say: '"forever"',
    example: "Such callers wait for ever.",
    counterexample: "Such callers wait forever.",
  },
  {
    habit: /\banew\b/i,
    say: '"again", "rewrites"',
    example: "Step 5 writes the end anew.",
    counterexample: "Step 5 rewrites the end in a new segment.",
  },
  {
    habit: /\bsome \d/i,
    say: '"about"',
    example: "The soak takes some 15 minutes.",
    counterexample: "Some records take 15 minutes.",
  },
  {
    habit: /\bof so many\b|\bso many (?:bytes|records|were|are left)\b/i,
    say: '"that many", "this many"',
    example: "A number is a record of so many bytes.",
    counterexample: "Not so many callers wait that memory runs out.",
  },
  {
    habit:
      /(?<!\b(?:there|here|or|where) )\b(?:is|are|was|were) no (?!more|longer|better|worse|less|fewer|different|such|one|other|later|earlier|place|need|way|use)(?!\w+er\b)\w+/i,
    say: '"is not a …"',
    example: "A torn tail is no corruption.",
    counterexample: "Here there is no corruption; it is no longer torn.",
  },
  {
    habit:
      /\b(?:one|an?|\d[\d.,]*|two|three) (?:promises?|syncs?|writes?|objects?|flush|flushes|frames?|lines?|look|s|ms|us|ns|bytes?|cop(?:y|ies)|events?|records?|allocations?|calls?|passes) an? (?:records?|frames?|flush|turn|batch|sync|line|segment|policy|round|call|caller|file)\b/i,
    say: '"per"',
    example: "The log makes one write and one sync a frame.",
    counterexample: "The log makes 7,000 syncs a second, or one per frame.",
  },
  {
    habit:
      /(?:^|[.:] )Most (?:bytes|records|ms|segments|appends) (?:in|per|of|that|which|a)\b/,
    say: '"the maximum number of …"',
    example: "Most records per flush, an integer of at least 1.",
    counterexample: "Most of the records are flushed at once.",
  },
  {
    habit: /(?<!\b(?:in|your|her|his|my) )\bmind that\b/i,
    say: '"note that"',
    example: "Mind that the mean is what it lowers.",
    counterexample: "Keep in mind that it lowers the mean.",
  },
  {
    habit: /\b(?:is|are|was|were) to (?:be \w+(?:ed|en|wn|lt|de|id)|come)\b/i,
    say: '"must be", "should be", "can be"',
    example: "A replay is to be trusted only so far.",
    counterexample: "Its job is to be fast.",
  },
  {
    habit:
      /\bSo it is (?:if|when|where|with|for)\b|\bSo (?:is|are) (?:it|they) (?:if|when)\b/,
    say: '"It is also …"',
    example: "So it is if the log was closed.",
    counterexample: "So it is refused, and so is the manifest.",
  },
  {
    habit: /\bmeans bought\b|\bheld to and\b|\bnot worth to\b/i,
    say: '"what each optimization gained", "not worth …ing"',
    example: "A short sync is not worth to be handed over.",
    counterexample: "A short sync is not worth handing over.",
  },
  {
    habit: /\bbears? (?!in mind)(?:an?|its|the|no)\b/i,
    say: '"has"',
    example: "Each table bears its time.",
    counterexample: "Each table states its time; bear in mind the load.",
  },
  {
    habit: /\bas far as (?:the |an? |its )?\w+ (?:does not know|knew|knows)\b/i,
    say: '"up to what … knew", "unless … knows"',
    example: "The loss is noticed only as far as the manifest knew it.",
    counterexample: "The loss is noticed, as far as anybody can tell.",
  },
  {
    habit:
      /\b(?:owner|process|writer)s? (?:that|who|which) (?:was|were|is|are|has been) overtaken\b|\bovertaken (?:owner|process|writer)|\bWhoever was overtaken\b/i,
    say: '"displaced", "fenced", "took over from"',
    example: "An owner that was overtaken acknowledges nothing more.",
    counterexample: "No caller overtakes another in the queue.",
  },
  {
    habit: /\bTo [a-z]+ takes? (?:an?|the|about|some|\d)\b/,
    say: '"…ing takes"',
    example: "To choose takes a core about 20 us.",
    counterexample: "Choosing takes about 20 us of CPU time.",
  },
  {
    habit:
      /\b(?:repairs?|salvages?) (?:gave|gives?) up\b|\brecords? given up\b/i,
    say: '"lost in a repair"',
    example: "Reading skips the records that a repair gave up.",
    counterexample: "The search gave up, and the records are lost.",
  },
  {
    habit: /\blikewise\b/i,
    say: '"the same", "also", "and so is …"',
    example: "The second policy does likewise.",
    counterexample: "The second policy does the same.",
  },
  {
    habit: /\bof yours\b/i,
    say: '"your own …"',
    example: "Drop them once a snapshot of yours covers them.",
    counterexample: "Drop them once your own snapshot covers them.",
  },
  {
    habit:
      /\b(?:nobody|somebody) (?:knows?|sent|chose|relies|notices?|does)\b/i,
    say: 'the passive: "it is unknown", "unnoticed", "sent"; or who it is',
    example: "A hole remains where somebody chose to continue.",
    counterexample: "Nobody waits for the flush, or somebody else does.",
  },
];
