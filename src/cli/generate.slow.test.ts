import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { writeLanguageModel } from '../../data/weights/language-model.js';
import { randomModel } from '../../data/weights/testing/random-model.js';
import { kronflow, startKronflow } from './testing/kronflow.js';
import { kronflowHere } from './testing/in-process.js';
import { textStream } from './text-stream.js';

const folder = temporaryFolder();
const started = { cwd: folder.path };

beforeAll(async () => {
  writeFileSync(join(folder.path, 'long.txt'), 'x'.repeat(257));
  writeFileSync(join(folder.path, 'empty.txt'), '');
  await writeLanguageModel(join(folder.path, 'm.safetensors'), randomModel({ context: 256 }));
});
afterAll(() => folder.remove());

describe('kronflow generate', () => {
  it('writes the text to stdout, all else to stderr, and a trace where it is told to', async () => {
    const args = ['generate', '--model', 'm.safetensors', '--prompt', 'Wó', '--tokens', '9'];
    const { code, stdout, stderr } = await kronflow([...args, '-c', 'window:size=3', '-o', 'out'], started);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^\n9 bytes of m\.safetensors, driven by cache window, which held .*\nThe trace is in out/,
      ),
    ]);
    const run = JSON.parse(readFileSync(join(folder.path, 'out/run.json'), 'utf8')) as { counters: object };
    expect(run.counters).toMatchObject({ processed: 3 + 9 - 1 });
    expect(Buffer.from(stdout).length).toBeGreaterThan(0);
    const piped = [...args.slice(0, 3), '--prompt-file', '-', ...args.slice(5)];
    const again = await kronflow([...piped, '-c', 'window:size=3'], { ...started, stdin: 'Wó' });
    expect(again.stdout).toBe(stdout);
  });

  it('ends cleanly at Ctrl-C', async () => {
    const args = [
      'generate',
      '--model',
      'm.safetensors',
      '--prompt',
      'x',
      '--reference',
      'f64',
      '-o',
      'stopped',
    ];
    const { child, finished } = startKronflow(args, started);
    child.stdout!.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await finished;
    const { status } = JSON.parse(readFileSync(join(folder.path, 'stopped/run.json'), 'utf8')) as {
      status: string;
    };
    expect([
      [130, 'interrupted'],
      [0, 'complete'],
    ]).toContainEqual([code, status]);
    expect(stderr).toContain('bytes of m.safetensors');
  });

  it.each([
    [['--prompt', 'x', '--top-k', '3'], '--top-k 3 with --temperature 0'],
    [['--prompt', 'x', '--tokens', '300'], 'pass --tokens 255'],
    [['--prompt', ''], 'the text is empty'],
    [['--prompt', 'x', '--temperature', '-1'], '--temperature = "-1"'],
    [['--prompt', 'x', '-c', 'windw'], 'windw'],
    [[], 'generate: no text to go on with'],
    [['--prompt', 'x', '--prompt-file', 'long.txt'], 'two texts'],
    [['--prompt-file', 'long.txt'], 'a prompt of more than 256 tokens'],
    [['--prompt-file', 'lnog.txt'], 'did you mean "long.txt"'],
    [['--prompt-file', 'empty.txt'], 'empty.txt is empty'],
  ])('refuses %j', async (args, what) => {
    const all = ['generate', '--model', join(folder.path, 'm.safetensors'), ...args];
    const { code, stderr } = await kronflowHere(all, started);
    expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
  });
});

it('writes whole characters, and U+FFFD for what is none', () => {
  const written: string[] = [];
  const out = textStream((text) => written.push(text));
  for (const byte of [0x61, ...Buffer.from('€'), 0xff, 0x62, 0xe2]) out.push(byte);
  expect(written).toEqual(['a', '€', '\ufffd', 'b']); // what ends in the middle of a character stays unwritten
});
