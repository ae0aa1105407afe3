import { describe, expect, it } from 'vitest';
import type { Columns } from './column.js';
import { tableColumns, tableNames } from './tables.js';

describe.each(tableNames)('%s', (table) => {
  const columns: Columns = tableColumns(table, 'tensor');

  it('says in the name what a column counts in', () => {
    for (const [name, { unit, type }] of Object.entries(columns)) {
      if (name.endsWith('_bytes'))
        expect({ name, unit, type }).toEqual({ name, unit: 'byte', type: 'DOUBLE' });
      if (name.endsWith('_ns')) expect({ name, unit, type }).toEqual({ name, unit: 'ns', type: 'DOUBLE' });
      expect(name.endsWith('_bytes')).toBe(unit === 'byte');
      expect(name.endsWith('_ns')).toBe(unit === 'ns');
    }
  });

  it('describes every column', () => {
    for (const [name, { doc }] of Object.entries(columns)) expect(doc.length, name).toBeGreaterThan(5);
  });
});

it('drops k2 and v2 in matrix order, and never lets them be null in tensor order', () => {
  expect(Object.keys(tableColumns('recording', 'matrix'))).not.toContain('k2');
  expect(Object.keys(tableColumns('recording', 'matrix'))).not.toContain('v2');
  const { k2, v2 } = tableColumns('recording', 'tensor');
  expect([k2.nullable, v2.nullable]).toEqual([false, false]);
});

it('steps have every column that was asked for by name, under exactly that name', () => {
  const asked = [
    ...['stream_id', 'layer', 'head', 'cache', 'step', 'pos', 'token_id'],
    ...['resident_bytes', 'formula_bytes', 'metadata_bytes', 'scratch_bytes', 'budget_bytes'],
    ...['kept_side1', 'kept_side2', 'pairs_scored'],
    ...['update_ns', 'attend_ns', 'queue_ns', 'reference_ns'],
    ...['err_rel_l2', 'err_max_abs', 'err_cos', 'score_std', 'max_score', 'lse'],
  ];
  expect(Object.keys(tableColumns('steps', 'tensor'))).toEqual(expect.arrayContaining(asked));
});
