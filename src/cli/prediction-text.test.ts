import { expect, it } from 'vitest';
import type { TraceSummary } from '../../pipelines/summarise.js';
import { predictionText } from './prediction-text.js';

it('speaks of windows only where a text was longer than the context', () => {
  const inputs = [{ encoding: 'bytes' }, { kind: 'model', name: 'm', context: 16, windows: true }];
  const prediction = { tokens: 15, bits_per_token: 2, perplexity: 4, driver: null };
  const said = (read: number) =>
    predictionText({ inputs } as unknown as TraceSummary['run'], prediction, read);
  expect(said(16)).toBe(
    '\nmodel m: 2.000 bits per byte, perplexity 4.00, 15 predictions driven by exact attention',
  );
  expect(said(33)).toMatch(/read in 3 windows of 16 tokens, each a stream of its own$/);
});

it('says of a model whose training was stopped how far it came', () => {
  const inputs = [{ kind: 'model', name: 'm', trained_steps: 5, planned_steps: 40 }];
  const said = predictionText({ inputs } as unknown as TraceSummary['run'], null, 1);
  expect(said).toBe('\nmodel m (stopped after 5 of 40 steps of its training): no token was predicted');
});
