/** A colour for every class: the one its dataset gave it, or one of twelve that colour-blind eyes tell apart. */

/** Returns the colour of a class as `#rrggbb`; the same for the same name, every time. */
export type ClassColors = (name: string) => string;

// Okabe and Ito's set (https://jfly.uni-koeln.de/color/) without black, then Paul Tol's «muted» ones that are far
// from those (https://personal.sron.nl/~pault/) and his pale grey, all light enough to be seen on a dark photograph.
// biome-ignore format: one colour a line would hide the order
export const CLASS_PALETTE = [
  "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00",
  "#cc79a7", "#44aa99", "#ddcc77", "#aa4499", "#dddddd", "#999933",
] as const;

const HEX = /^#[0-9a-f]{6}$/i;

/**
 * Return the colours of a dataset's classes.
 *
 * A class keeps its own colour if it is `#rrggbb`. Others get the palette's colour that their name leads to, and the
 * next one if another class of the list has that. Names outside the list get a colour by their name alone.
 */
export function classColors(
  classes: readonly { readonly name: string; readonly color?: string | null }[] = [],
): ClassColors {
  const known = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name, color } of classes) {
    if (!color || !HEX.test(color)) continue;
    known.set(name, color.toLowerCase());
    taken.add(color.toLowerCase());
  }
  for (const { name } of classes) {
    if (known.has(name)) continue;
    const color = firstFree(hashOf(name), taken);
    known.set(name, color);
    taken.add(color);
  }
  return (name) => known.get(name) ?? paletteAt(hashOf(name));
}

/** Return black or white, whichever is easier to read on the colour (WCAG 2 contrast). */
export function textOn(color: string): "#000000" | "#ffffff" {
  // Black has the higher contrast where (L + 0.05) / 0.05 > 1.05 / (L + 0.05).
  return luminance(color) > 0.1791 ? "#000000" : "#ffffff";
}

/** Return the relative luminance of `#rrggbb` as WCAG 2 defines it, 0 to 1. */
export function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function firstFree(start: number, taken: ReadonlySet<string>): string {
  for (let step = 0; step < CLASS_PALETTE.length; step += 1) {
    const color = paletteAt(start + step);
    if (!taken.has(color)) return color;
  }
  return paletteAt(start);
}

const paletteAt = (index: number): string => CLASS_PALETTE[index % CLASS_PALETTE.length] ?? CLASS_PALETTE[0];

/** FNV-1a: short names that differ in one letter come out far apart. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
