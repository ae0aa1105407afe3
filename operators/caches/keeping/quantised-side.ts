import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import { atoms, type Atoms } from '../../../src/core/plan.js';
import { joinAtoms } from './join-atoms.js';
import { packedRows } from './packed-rows.js';
import { savedRows, savedTogether, type Saved } from './saved-state.js';
import type { SideEntry } from './sides.js';

/** How one side is quantised; the options of the cache `quantised`. */
export interface Quantisation {
  readonly bits: 2 | 4 | 8;
  readonly group: number;
  readonly residual: number;
  readonly channels: number;
}

/** One side: codes of older tokens, and recent ones as they came. */
export interface QuantisedSide {
  readonly saved: Saved;
  take(entry: SideEntry): void;
  /** All tokens in their order, the older ones decoded into scratch. */
  atoms(): Atoms;
  tokens(): number;
  /** Tokens held as codes. */
  quantised(): number;
}

/** Make one side. A whole group of tokens is quantised as soon as `residual` others are newer. */
export function quantisedSide(
  { bits, group, residual, channels }: Quantisation,
  parts: CacheParts,
): QuantisedSide {
  const { d, rows } = parts;
  const levels = 2 ** bits - 1;
  const [recentKeys, recentValues] = [rows(d), rows(d)];
  const [keyCodes, valueCodes] = [packedRows(d, bits, parts), packedRows(d, bits, parts)];
  const keyScales = rows(2 * d, 'metadata'); // per group of tokens: least of each channel, then step of each
  const parcels = Math.ceil(d / channels);
  const valueScales = rows(2 * parcels, 'metadata'); // per token: least of each run of channels, then step of each
  const [keys, values] = [rows(d, 'scratch'), rows(d, 'scratch')];
  const codes = new Uint8Array(d);

  /** Quantise the oldest group and move the others up. */
  function flush(): void {
    appendKeyScales();
    const scales = keyScales.read(keyScales.count - 1);
    for (let i = 0; i < group; i++) {
      const k = recentKeys.read(i);
      for (let t = 0; t < d; t++) codes[t] = encode(k[t], scales[t], scales[d + t], levels);
      keyCodes.append(codes);
      appendValue(recentValues.read(i));
    }
    for (const recent of [recentKeys, recentValues]) {
      for (let i = group; i < recent.count; i++) recent.write(i - group, recent.read(i));
      recent.resize(recent.count - group);
    }
  }

  function appendKeyScales(): void {
    const [least, most] = [new Float64Array(d).fill(Infinity), new Float64Array(d).fill(-Infinity)];
    for (let i = 0; i < group; i++) {
      const k = recentKeys.read(i);
      for (let t = 0; t < d; t++) {
        least[t] = Math.min(least[t], k[t]); // a NaN stays, and makes what is decoded one
        most[t] = Math.max(most[t], k[t]);
      }
    }
    keyScales.append([...least, ...most.map((high, t) => (high - least[t]) / levels)]);
  }

  function appendValue(v: Floats): void {
    const runs = Array.from({ length: parcels }, (_, p) => v.subarray(p * channels, (p + 1) * channels));
    const least = runs.map((run) => Math.min(...run));
    valueScales.append([...least, ...runs.map((run, p) => (Math.max(...run) - least[p]) / levels)]);
    const scales = valueScales.read(valueScales.count - 1);
    for (let j = 0, p = 0; j < d; j++) {
      if (j === (p + 1) * channels) p++;
      codes[j] = encode(v[j], scales[p], scales[parcels + p], levels);
    }
    valueCodes.append(codes);
  }

  function decode(): void {
    for (const scratch of [keys, values]) scratch.resize(keyCodes.count());
    let scales = keyScales.count === 0 ? new Float64Array(0) : keyScales.read(0);
    keyCodes.each((row, stored) => {
      if (row % group === 0) scales = keyScales.read(row / group);
      const into = keys.read(row);
      for (let t = 0; t < d; t++) into[t] = scales[t] + stored[t] * scales[d + t];
    });
    valueCodes.each((row, stored) => {
      const [into, of] = [values.read(row), valueScales.read(row)];
      for (let j = 0, p = 0; j < d; j++) {
        if (j === (p + 1) * channels) p++;
        into[j] = of[p] + stored[j] * of[parcels + p];
      }
    });
  }

  return {
    take({ k, v }) {
      recentKeys.append(k);
      recentValues.append(v);
      if (recentKeys.count >= residual + group) flush();
    },
    atoms() {
      decode();
      return joinAtoms(atoms(keys, values), atoms(recentKeys, recentValues));
    },
    tokens: () => keyCodes.count() + recentKeys.count,
    quantised: keyCodes.count,
    saved: savedTogether({
      rows: savedRows({ recentKeys, recentValues, keyScales, valueScales }),
      ...{ keyCodes, valueCodes },
    }),
  };
}

/** The level nearest to x. */
function encode(x: number, least: number, step: number, levels: number): number {
  if (step === 0) return 0;
  return Math.min(levels, Math.max(0, Math.round((x - least) / step))); // scales are rounded to their type
}
