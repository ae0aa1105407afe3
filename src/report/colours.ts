/** Colours by name; a theme says which they are. */
export type Hue =
  | 'blue'
  | 'orange'
  | 'green'
  | 'magenta'
  | 'violet'
  | 'cyan'
  | 'amber'
  | 'crimson'
  | 'olive'
  | 'slate'
  | 'ink';

/** How a cache looks wherever it is drawn: hue, and a dash and a shape as second channel. */
export interface CacheStyle {
  readonly hue: Hue;
  /** Pixels drawn and left out; [1, 0] is a whole line. */
  readonly dash: readonly [number, number];
  readonly shape: string;
}

const DASHES: readonly CacheStyle['dash'][] = [[1, 0], [6, 3], [2, 2], [9, 3], [4, 1]]; // prettier-ignore
const SHAPES = ['circle', 'square', 'diamond', 'triangle-up', 'cross'] as const;
const SPARE: readonly Hue[] = [
  ...(['blue', 'orange', 'green', 'magenta', 'violet', 'cyan', 'amber', 'crimson', 'olive'] as const),
];

// Related caches share a hue and differ in dash and shape; the four of a run that names none differ in hue.
const FAMILIES: readonly (readonly [Hue, ...string[]])[] = [
  ['blue', 'four-cache', 'four-cache-materialising', 'skip'],
  ['orange', 'two-cache', 'quantised'],
  ['green', 'subgen4', 'subgen2', 'subgen-atoms'],
  ['magenta', 'window', 'sinks'],
  ['violet', 'polynomial', 'rank1'],
  ['cyan', 'reservoir', 'merge'],
  ['crimson', 'lsh', 'block-lsh', 'pages'],
  ['amber', 'heavy-hitter', 'tova', 'observation-window'],
  ['olive', 'key-norm', 'key-diff', 'threshold'],
  ['slate', '', 'random'],
  ['ink', '', 'oracle-top-k'],
];

/** The style of a cache by its name; a plug-in gets one from its name, the same in every report. */
export function styleOfName(name: string): CacheStyle {
  for (const [hue, ...members] of FAMILIES) {
    const at = members.indexOf(name);
    if (at >= 0 && name !== '') return styleOf(hue, at);
  }
  const hash = hashOf(name);
  return styleOf(SPARE[hash % SPARE.length], 3 + (Math.floor(hash / SPARE.length) % 2)); // dashes no built-in has
}

/**
 * Styles of the labels of a run: the hue of the cache's name; of several labels of one name, the first has its dash and
 * shape and the others follow in turn. Labels that differ in the budget behind their @ are one cache.
 */
export function stylesOf(
  caches: readonly { readonly name: string; readonly label: string }[],
): ReadonlyMap<string, CacheStyle> {
  const variants = new Map<string, string[]>();
  const styles = new Map<string, CacheStyle>();
  for (const { name, label } of caches) {
    const variant = label.replace(/@\d+\w*$/, '');
    const known = variants.get(name) ?? [];
    if (!known.includes(variant)) known.push(variant);
    variants.set(name, known);
    const base = styleOfName(name);
    const at = DASHES.indexOf(base.dash) + known.indexOf(variant);
    if (!styles.has(label)) styles.set(label, known.indexOf(variant) === 0 ? base : styleOf(base.hue, at));
  }
  return styles;
}

function styleOf(hue: Hue, at: number): CacheStyle {
  return { hue, dash: DASHES[at % DASHES.length], shape: SHAPES[at % SHAPES.length] };
}

function hashOf(text: string): number {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + char.codePointAt(0)!) % 1_000_003;
  return hash;
}
