import type { Columns } from '../../data/schemas/column.js';
import type { TableBatch } from '../../data/sinks/read-table.js';
import type { Findings } from './finding.js';

/** What a number may be: none may be NaN, which is null in a trace. */
type Rule = 'count' | 'size' | 'share' | 'number';

const RULES: Readonly<Record<Rule, readonly [text: string, holds: (x: number) => boolean]>> = {
  count: ['a finite number, 0 or more', (x) => x >= 0 && x < Infinity],
  size: ['0 or more, perhaps infinite', (x) => x >= 0],
  share: ['a share, 0 to 1', (x) => x >= 0 && x <= 1 + 1e-6], // sums of float32 are allowed to round
  number: ['a number', (x) => !Number.isNaN(x)],
};

/** Columns of which more is known than that they are counts. An error relative to an output of zeros is infinite. */
const KNOWN: Readonly<Record<string, Rule>> = {
  ...{ err_rel_l2: 'size', err_eps: 'size', err_cos: 'size', certificate: 'size', claimed_eps: 'size' },
  ...{
    skipped_mass: 'size',
    logz_err: 'number',
    max_score: 'number',
    exact_max_score: 'number',
    lse: 'number',
    x: 'number', // of measures: an axis, and whatever was measured
    value: 'number',
  },
  ...{
    skipped_share: 'share',
    lost_mass: 'share',
    topk_recall: 'share',
    top_mass: 'share',
    top_mass_law: 'share',
  },
};

const ENOUGH_ROWS = 64; // a column that is equal in fewer rows says nothing

/** Measured columns that a living run changes; others may well be the same throughout. */
const LIVING = [
  ...[
    'resident_bytes',
    'kept_side1',
    'pairs_scored',
    'flops',
    'err_rel_l2',
    'err_max_abs',
    'err_cos',
    'err_l2',
  ],
  ...['logz_err', 'score_std', 'weight_norm', 'value_norm', 'max_score', 'exact_max_score', 'lse'],
  ...['t_ns', 'update_ns', 'attend_ns', 'queue_ns', 'reference_ns'],
];

/** Looks at values as they come. */
export interface Values {
  see(batch: TableBatch): void;
  end(): void;
}

/** Values that no run can have measured, and columns that never change. */
export function values(table: string, columns: Columns, found: Findings): Values {
  const names = Object.keys(columns).filter((name) =>
    ['DOUBLE', 'INT32', 'VECTOR'].includes(columns[name].type),
  );
  const seen = new Map<string, { value: number; rows: number; changes: boolean }>();
  let before = 0;

  function seeNumbers(name: string, { columns: data, rows }: TableBatch): void {
    const { values: numbers, valid } = data[name];
    const width = columns[name].type === 'VECTOR' ? numbers.length / rows : 1;
    const [text, holds] =
      width > 1 || columns[name].type === 'VECTOR' ? FINITE : RULES[KNOWN[name] ?? 'count'];
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] as number;
      if ((valid !== null && valid[i] !== 1) || holds(value)) continue;
      const rule = Number.isNaN(value) ? 'NaN' : 'range';
      const where = `${table}.parquet, row ${before + Math.floor(i / width)} (from 0), column ${name}`;
      found.broken(rule, `${table}.${name}`, `${where}: ${value} is not ${text}`);
      break;
    }
    if (LIVING.includes(name)) watch(name, data[name].values as ArrayLike<number>, valid);
  }

  function watch(name: string, numbers: ArrayLike<number>, valid: Uint8Array | null): void {
    const state = seen.get(name) ?? { value: NaN, rows: 0, changes: false };
    for (let i = 0; i < numbers.length && !state.changes; i++) {
      if (valid !== null && valid[i] !== 1) continue;
      if (state.rows === 0) state.value = numbers[i];
      state.changes = !Object.is(numbers[i], state.value);
      state.rows++;
    }
    seen.set(name, state);
  }

  return {
    see(batch) {
      for (const name of names) if (batch.columns[name] !== undefined) seeNumbers(name, batch);
      before += batch.rows;
    },
    end() {
      for (const [name, { value, rows, changes }] of seen) {
        if (changes || rows < ENOUGH_ROWS) continue;
        found.note(
          'dead column',
          `${table}.${name}`,
          `${table}.parquet: ${name} is ${value} in all ${rows} rows that have it`,
        );
      }
    },
  };
}

const FINITE: (typeof RULES)[Rule] = ['a finite number', (x) => Number.isFinite(x)];
