import { mkdir, writeFile } from 'node:fs/promises';
import { findModel } from '../../data/weights/named-models.js';
import { readLanguageModel } from '../../data/weights/language-model.js';
import { windowsOf, type Windows } from '../../pipelines/perplexity/evaluate.js';
import type { LanguageModel } from '../../src/core/language-model.js';
import { baselineTable, chooseNGram, modelBits, nGramBits, type Baseline } from './model/baselines.js';
import { budgetTables, otherTable, type Lines } from './model/curve-tables.js';
import { measureAll, type Point, type Weights } from './model/curve.js';
import { budgeted, CLUSTERS, entrants, exactBytes, type Entrant, type Radii } from './model/field.js';
import { clusterTable, scoreTable } from './model/key-table.js';
import { keyStatistics, rowsOf, typicalRadius } from './model/keys.js';
import { perplexityPicture } from './model/picture.js';
import { prunedTables, type DenseModel, type PrunedModel } from './model/pruned-tables.js';
import { METHODS, prunedModel } from './model/pruned.js';
import { rowsFile } from './model/rows-file.js';
import { readText, type Text } from './model/text.js';
import { toMarkdown, type ReproducedTable } from './table.js';

const MODELS = ['tensor-small', 'matrix-small'] as const;
const RATIOS = [0.5, 0.8] as const;
const POSITIONS = 20_000; // of held-out text, at least
const [CALIBRATION, STATISTICS, CHOICE] = [4, 8, 16]; // windows
const PRUNED_SHARES = [1 / 8, 1 / 4] as const;
const FILES = new URL('../../../docs/public/model/', import.meta.url); // from dist
const IMAGES = new URL('../../../docs/images/', import.meta.url);

/** Perplexity of the models against the bytes of every cache, dense and pruned, and what real keys are like. */
export async function reproduceModel(
  names: readonly string[] = MODELS,
  least = POSITIONS,
): Promise<{ readonly markdown: string }> {
  const text = await readText();
  const models: Record<string, LanguageModel> = {};
  for (const name of names) models[name] = await readLanguageModel(await findModel(name));
  const { context } = models[names[0]].shape;
  const windows = windowsOf(text.heldOut, context, Math.ceil(least / context));
  const baseline = chooseNGram(text);
  const pruned = await pruneAll(models, text);
  const dense = await Promise.all(Object.entries(models).map(([name, model]) => denseOf(name, model, text)));
  const points = await measureCurves(models, pruned, text, windows);
  const sections: string[] = [toMarkdown(await baselineTable(baseline, models, text, windows))];
  for (const name of names) {
    const own = points.filter(({ weights }) => weights.model === name && weights.pruned === null);
    const lines = linesOf(models[name], baseline, windows);
    sections.push(...(await curveSection(name, own, lines)));
  }
  sections.push(...prunedTables(pruned, dense, points).map(toMarkdown));
  for (const name of names) sections.push(...(await keySection(name, models[name], text)).map(toMarkdown));
  await mkdir(FILES, { recursive: true });
  await writeFile(new URL('perplexity.csv', FILES), rowsFile(points));
  sections.push(
    'All rows of the curves are in `docs/public/model/perplexity.csv`. [A report](public/reports/model-lab.html) shows five runs of tensor-small token by ' +
      'token, driven by exact attention and by four caches.',
  );
  return { markdown: sections.join('\n\n') };
}

/** Every method and ratio; of each ratio, what costs least on training text that no method saw is measured with caches. */
async function pruneAll(
  models: Readonly<Record<string, LanguageModel>>,
  { training, heldOut }: Text,
): Promise<readonly PrunedModel[]> {
  const found: PrunedModel[] = [];
  for (const [name, model] of Object.entries(models)) {
    const [choice, asked] = choiceWindows({ training, heldOut }, model);
    for (const ratio of RATIOS) {
      const tried = await Promise.all(
        METHODS.map(async (method) => {
          const pruned = await prunedModel(model, training, method, ratio);
          const [choiceBits, bits] = [await modelBits(pruned, choice), await modelBits(pruned, asked)];
          const key = `${name} ${method} ${ratio}`;
          return { key, name, method, ratio, model: pruned, choiceBits, bits, chosen: false };
        }),
      );
      const best = Math.min(...tried.map(({ choiceBits }) => choiceBits));
      found.push(...tried.map((one) => ({ ...one, chosen: one.choiceBits === best })));
    }
  }
  return found;
}

async function denseOf(name: string, model: LanguageModel, text: Text): Promise<DenseModel> {
  const [choice, asked] = choiceWindows(text, model);
  const [choiceBits, bits] = [await modelBits(model, choice), await modelBits(model, asked)];
  return { name, choiceBits, bits, positions: CHOICE * model.shape.context };
}

/** Windows of training text by which a method is chosen, and as many of held-out text. */
function choiceWindows({ training, heldOut }: Text, { shape }: LanguageModel): readonly Windows[] {
  const last = training.subarray(Math.floor(training.length * 0.9));
  return [last, heldOut].map((part) => {
    const windows = windowsOf(part, shape.context, CHOICE);
    return { ...windows, starts: windows.starts.slice(0, CHOICE) };
  });
}

async function measureCurves(
  models: Readonly<Record<string, LanguageModel>>,
  pruned: readonly PrunedModel[],
  { training }: Text,
  windows: Windows,
): Promise<readonly Point[]> {
  const asked: { weights: Weights; entrant: Entrant }[] = [];
  const all: Record<string, LanguageModel> = { ...models };
  for (const [name, model] of Object.entries(models)) {
    const weights: Weights = { key: name, model: name, pruned: null };
    const field = entrants(model.shape, await radiiOf(model, training));
    asked.push(...field.map((entrant) => ({ weights, entrant })));
  }
  for (const { key, name, method, ratio, model, chosen } of pruned) {
    if (!chosen) continue;
    all[key] = model;
    const weights: Weights = { key, model: name, pruned: { method, ratio } };
    const exact: Entrant = {
      ...{ name: 'four-cache', plugin: 'four-cache', options: {}, share: null, reads: null, windows: null },
    };
    const field = budgeted(model.shape, PRUNED_SHARES).filter(({ plugin }) => plugin !== 'oracle-top-k');
    asked.push(...[exact, ...field].map((entrant) => ({ weights, entrant })));
  }
  return measureAll(asked, { models: all, windows });
}

async function radiiOf(model: LanguageModel, training: Uint8Array): Promise<Radii> {
  const windows = windowsOf(training, model.shape.context, CALIBRATION);
  const rows = await rowsOf(model, { ...windows, starts: windows.starts.slice(0, CALIBRATION) });
  return new Map(CLUSTERS.map((clusters) => [clusters, typicalRadius(rows, clusters)]));
}

function linesOf({ shape }: LanguageModel, { nGram, order }: Baseline, windows: Windows): Lines {
  return {
    ...{ nGram: nGramBits(nGram, windows), nGramOrder: order },
    ...{ exactBytes: exactBytes(shape) * shape.layers * shape.heads, heads: shape.layers * shape.heads },
  };
}

async function curveSection(
  name: string,
  points: readonly Point[],
  lines: Lines,
): Promise<readonly string[]> {
  for (const theme of ['light', 'dark'] as const) {
    const svg = await perplexityPicture(`${name}: perplexity against bytes`, points, lines, theme);
    await writeFile(new URL(`perplexity-${name}-${theme}.svg`, IMAGES), svg);
  }
  const picture = [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="./images/perplexity-${name}-dark.svg">`,
    `  <img alt="Perplexity of ${name} against the bytes of every cache; the tables say the numbers" src="./images/perplexity-${name}-light.svg">`,
    '</picture>',
  ].join('\n');
  return [picture, ...[...budgetTables(points, lines), otherTable(points, lines)].map(toMarkdown)];
}

async function keySection(
  name: string,
  model: LanguageModel,
  { heldOut }: Text,
): Promise<readonly ReproducedTable[]> {
  const windows = windowsOf(heldOut, model.shape.context, STATISTICS);
  const heads = await keyStatistics(model, { ...windows, starts: windows.starts.slice(0, STATISTICS) });
  const { context } = model.shape;
  return [scoreTable(name, model.shape, heads, STATISTICS), clusterTable(name, heads, context, STATISTICS)];
}
