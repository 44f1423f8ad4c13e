/**
 * Okabe and Ito's colours, which people with any colour vision tell apart; on
 * a dark ground those that are too dark for it are lighter.
 */
const LIGHT = [
  ...["#767676", "#000000", "#d55e00", "#0072b2", "#009e73", "#aa3377"],
  ...["#b07d00", "#3a9bd1"],
];
const DARK = [
  ...["#a0a0a0", "#ffffff", "#ff8c42", "#5cb3ff", "#2fd6a4", "#ee88bb"],
  ...["#f0c040", "#8fd3ff"],
];

/** How many contenders look different by their colours. */
export const COLORS: number = LIGHT.length;

function rules(
  ground: string,
  ink: string,
  faint: string,
  grid: string,
  colors: readonly string[],
): string {
  const own = colors.map((color, index) =>
    `.s${index}{stroke:${color}}.f${index}{fill:${color}}`
  );
  return `.ground{fill:${ground}}text{fill:${ink}}.faint{fill:${faint}}` +
    `.grid{stroke:${grid}}${own.join("")}`;
}

/** The plot's style sheet: light, and dark for those who prefer it. */
export const PLOT_STYLE: string = [
  "text{font:12px system-ui,Verdana,'DejaVu Sans',sans-serif}",
  ".title{font-size:15px;font-weight:600}.small{font-size:11px}",
  "path,line{fill:none;stroke-width:1.6}.grid{stroke-width:1}.mark{stroke:none}",
  rules("#ffffff", "#1f1f1f", "#5c5c5c", "#e3e3e3", LIGHT),
  "@media(prefers-color-scheme:dark){",
  rules("#15181c", "#e8e8e8", "#a8a8a8", "#31363d", DARK),
  "}",
].join("");
