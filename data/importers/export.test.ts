import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { collect, failureOf, tempFile, tempFolder } from '../sources/testing/bytes.js';
import { CONTAINERS, makeRows, openSource, replay, toTable } from '../sources/testing/recordings.js';
import { exportFile } from './export-files.js';
import { importFiles } from './import-files.js';
import { NOTHING_SAID } from './importer.js';
import { importers } from './index.js';
import { importTable } from './testing/imports.js';

// positions with gaps: tensors count steps
const rows = makeRows({ n: 4, streams: 2, layers: 2, heads: 3, d: 4 }).map((row) => ({
  ...row,
  pos: 3 * Number(row.pos) + 1,
}));
const metadata = new Map([
  ['kronflow.scale', '0.5'],
  ['kronflow.rope', 'post'],
]);

describe.each(['arrow-stream', 'arrow-file', 'parquet'] as const)('export of %s', (format) => {
  it.each(['out.arrow', 'out.parquet', 'out.jsonl', 'out.safetensors'])(
    'as %s, imported again, is what it was',
    async (name) => {
      const input = await tempFile(`r.${format}`, CONTAINERS[format](toTable(rows, { metadata })));
      const folder = await tempFolder();
      const { rows: count } = await exportFile(input, `${folder}/${name}`);
      expect(count).toBe(rows.length);
      const options = { ...NOTHING_SAID, scale: name.endsWith('jsonl') ? '0.5' : null };
      const again = await importFiles(importers, [`${folder}/${name}`], `${folder}/again.arrow`, options);
      const key = (step: { streamId: number; pos: number }) => step.streamId * 1000 + step.pos;
      const steps = (await collect(openSource(again.output).open())).sort((a, b) => key(a) - key(b));
      const wanted = (await replay(rows)).sort((a, b) => key(a) - key(b));
      expect(steps.map(({ layers }) => layers)).toEqual(wanted.map(({ layers }) => layers));
      if (name.endsWith('safetensors') || name.endsWith('arrow'))
        expect(again.metadata['kronflow.rope']).toBe('post');
    },
  );
});

describe('export', () => {
  it('of requests as JSON lines, imported again, is what it was', async () => {
    const text =
      '{"arrival_ns":12,"prompt_tokens":3,"status":"ok","block_ids":[4,5]}\n{"arrival_ns":13,"prompt_tokens":4}\n';
    const { output } = await importTable({ 'l.jsonl': text });
    const folder = await tempFolder();
    await exportFile(output, `${folder}/a.jsonl`);
    const lines = (await readFile(`${folder}/a.jsonl`, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines[0]).toMatchObject({ request_id: 0, arrival_ns: 12, block_ids: [4, 5], model: null });
    const again = await importFiles(importers, [`${folder}/a.jsonl`], `${folder}/b.arrow`, NOTHING_SAID);
    expect(again).toMatchObject({ importer: 'requests', rows: 2 });
    expect(await readFile(`${folder}/b.arrow`)).toEqual(await readFile(output));
  });

  it('refuses what exists, other endings, and tensors of what has none', async () => {
    const { output } = await importTable({ 'l.jsonl': '{"arrival_ns":12,"prompt_tokens":3}' });
    expect(await failureOf(() => exportFile(output, output))).toMatchObject({ code: 'exists' });
    expect(await failureOf(() => exportFile(output, `${output}.xyz`))).toMatchObject({ code: 'bad-option' });
    expect((await failureOf(() => exportFile(output, `${output}.safetensors`))).what).toMatch(
      /table of requests/,
    );
  });
});
