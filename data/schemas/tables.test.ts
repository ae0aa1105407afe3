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
