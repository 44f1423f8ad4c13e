/**
 * Colours that people with any colour vision tell apart, on a light and on a
 * dark ground: Okabe and Ito's, moved from each other by a search until each
 * two of them differ for each kind of colour blindness. A test holds that.
 */
export const PALETTES = {
  light: {
    ground: "#ffffff",
    colors: [
      ...["#6b6b6b", "#000000", "#ff4a00", "#00577a", "#1caa66", "#e20eaf"],
      ...["#964723", "#5271ff"],
    ],
  },
  dark: {
    ground: "#15181c",
    colors: [
      ...["#a3a3a3", "#ffffff", "#df6837", "#6f7bf9", "#52e490", "#b950ac"],
      ...["#f2c908", "#add2ff"],
    ],
  },
};

/** How many contenders look different by their colours. */
export const COLORS: number = PALETTES.light.colors.length;

function rules(
  { ground, colors }: typeof PALETTES.light,
  ink: string,
  faint: string,
  grid: string,
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
  rules(PALETTES.light, "#1f1f1f", "#5c5c5c", "#e3e3e3"),
  "@media(prefers-color-scheme:dark){",
  rules(PALETTES.dark, "#e8e8e8", "#a8a8a8", "#31363d"),
  "}",
].join("");
