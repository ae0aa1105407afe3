import type { Hue } from './colours.js';

/** Everything that a spec takes from where it is drawn: colours of a theme, and room. */
export interface Look {
  /** Text and what must be seen first; secondary text; lines of a grid; what is behind. */
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  /** Fills that are no cache and must not shout. */
  readonly mid: string;
  readonly paper: string;
  /** From nothing to most, for heat maps. */
  readonly heat: readonly string[];
  hue(hue: Hue): string;
  /** Panels beside each other, at most `wanted`; of panels that are `px` wide whatever the room, no more than it has. */
  columns(wanted: number, px?: number): number | string;
  /** Width of one of `wanted` panels in pixels, without `margin` pixels for what stands beside its axes. */
  width(wanted: number, margin: number): number | string;
}

/** The name of a theme. */
export type ThemeName = 'light' | 'dark';

type Tones = Omit<Look, 'hue' | 'columns' | 'width'> & { readonly hues: Readonly<Record<Hue, string>> };

/** Both themes. Every hue has a contrast of at least 4.5 with its paper, so that labels may wear it. */
export const THEMES: Readonly<Record<ThemeName, Tones>> = {
  light: {
    ...{ ink: '#1c2024', soft: '#5b636b', faint: '#e4e7ea', paper: '#ffffff', mid: '#aab3bb' },
    heat: ['#f1f5fa', '#cfe0f1', '#9cc3e3', '#5f9fd0', '#2f79b5', '#145591', '#0a3463'],
    hues: {
      ...{ blue: '#0b63b0', orange: '#c24a00', green: '#007a5a', magenta: '#b0307f', violet: '#6a45b8' },
      ...{ cyan: '#0a7a8c', amber: '#8a6200', crimson: '#9c1c3c', olive: '#587000', slate: '#5b636b' },
      ink: '#1c2024',
    },
  },
  dark: {
    ...{ ink: '#e9ecef', soft: '#a2abb4', faint: '#2d3339', paper: '#14171a', mid: '#68727c' },
    heat: ['#1b222a', '#1d3a57', '#1f5687', '#2f79b5', '#5f9fd0', '#9cc3e3', '#e3effa'],
    hues: {
      ...{ blue: '#5aaaf2', orange: '#ff9147', green: '#3ecf9f', magenta: '#f07fc4', violet: '#b59cff' },
      ...{ cyan: '#4fcfe3', amber: '#e0b040', crimson: '#ff7d92', olive: '#b3cc4a', slate: '#a2abb4' },
      ink: '#e9ecef',
    },
  },
};

const NARROW = 620; // pixels, below which panels stand under each other
const GAP = 32; // pixels between panels

/**
 * A look in which everything is known: of a picture `width` wide, in which panels share `room` pixels. A wide picture stays
 * one of several columns when labels leave it less room.
 */
export function look(theme: ThemeName, width: number, room = width): Look {
  const { hues, ...tones } = THEMES[theme];
  return {
    ...tones,
    hue: (hue) => hues[hue],
    columns: (wanted, px) => Math.min(columnsIn(width, wanted), fitting(room, px)),
    width: (wanted, margin) => panelWidth(room, columnsIn(width, wanted), margin),
  };
}

/**
 * A look of names: `@ink`, `@blue`, `@width:2:120`. The page puts in what its reader's theme and window say, so that one
 * spec serves both themes and every width.
 */
export const symbolic: Look = {
  ...{ ink: '@ink', soft: '@soft', faint: '@faint', paper: '@paper', mid: '@mid' },
  heat: THEMES.light.heat.map((_, i) => `@heat${i}`),
  hue: (hue) => `@${hue}`,
  columns: (wanted) => `@columns:${wanted}`,
  width: (wanted, margin) => `@width:${wanted}:${margin}`,
};

/** Panels beside each other in a plot `width` wide, of `wanted`. */
export function columnsIn(width: number, wanted: number): number {
  return width < NARROW ? 1 : wanted;
}

function fitting(room: number, px: number | undefined): number {
  return px === undefined ? Infinity : Math.max(1, Math.floor(room / px));
}

/** Pixels of one of `columns` panels in a plot `width` wide. */
export function panelWidth(width: number, columns: number, margin: number): number {
  return Math.max(150, Math.floor((width - GAP * (columns - 1)) / columns - margin));
}

/** What the page needs in order to resolve the names of `symbolic`. */
export function tokens(theme: ThemeName): Readonly<Record<string, string>> {
  const { hues, heat, ...tones } = THEMES[theme];
  const named = { ...tones, ...hues, ...Object.fromEntries(heat.map((colour, i) => [`heat${i}`, colour])) };
  return Object.fromEntries(Object.entries(named).map(([name, colour]) => [`@${name}`, colour]));
}

/** Numbers of the layout that the page shares with `panelWidth`. */
export const layout = { narrow: NARROW, gap: GAP } as const;
