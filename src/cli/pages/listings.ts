import { listModels } from '../../../data/weights/named-models.js';
import { listPresets } from '../../../pipelines/files/index.js';
import { builtIn } from '../../../pipelines/registry.js';
import { kernelLadder } from '../../../workers/choose-kernel.js';
import { Failure } from '../../core/failure.js';
import { formatBytes } from '../../core/format.js';
import { didYouMean } from '../../core/nearest.js';
import type { Plugin, PluginKind } from '../../core/plugin.js';
import { describePlugin, pluginListing, wrapped } from '../describe.js';
import { flows, type Flow } from './flows.js';

/** What `kronflow list` shows of one kind. */
export interface Listing {
  /** For --json, an object each; docs/command-line.md lists their keys. */
  readonly items: readonly object[];
  readonly text: string;
}

/** Everything that can be listed, by the word that users type. */
const LISTERS: Readonly<Record<string, () => Listing | Promise<Listing>>> = {
  caches: () => plugins('cache', builtIn.caches),
  operators: () => plugins('operator', builtIn.operators),
  sources: () => plugins('source', builtIn.sources),
  sinks: () => plugins('sink', builtIn.sinks),
  pipelines: () => listing(flows, ({ name, summary, ...flow }) => entry(name, summary, flowText(flow))),
  presets,
  models,
  kernels,
};

/** What can be listed. */
export const LISTED: readonly string[] = Object.keys(LISTERS);

/**
 * List what there is of a kind.
 * @throws Failure `unknown-name` with the nearest words
 */
export async function listingOf(kind: string): Promise<Listing> {
  if (Object.hasOwn(LISTERS, kind)) return LISTERS[kind]();
  throw new Failure('unknown-name', `there is nothing to list as "${kind}"`, didYouMean(kind, LISTED));
}

function plugins(kind: PluginKind, list: readonly Plugin[]): Listing {
  if (list.length > 0) return { items: list.map(describePlugin), text: list.map(pluginListing).join('\n') };
  return { items: [], text: `kronflow brings no ${kind}; write one: kronflow create ${kind} my-${kind}` };
}

async function presets(): Promise<Listing> {
  const found = (await listPresets()).map(({ name, description, path }) => ({
    ...{ name, summary: description, file: path },
  }));
  return listing(found, ({ name, summary, file }) =>
    entry(name, summary, `kronflow run preset:${name} (${file})`),
  );
}

async function models(): Promise<Listing> {
  const found = (await listModels()).map(({ shape, ...model }) => ({ ...model, ...shape }));
  if (found.length === 0) return { items: [], text: 'no models come with this copy of kronflow' };
  return listing(found, ({ name, path, bytes, order, layers, heads, d, dModel, context, vocabulary }) =>
    entry(
      name,
      `${order} attention, ${layers} layers of ${heads} heads, d = ${d}, dModel = ${dModel}, context ${context}, ` +
        `vocabulary ${vocabulary} (${formatBytes(bytes)})`,
      `kronflow run --model ${name} TEXT, or kronflow generate --model ${name} (${path})`,
    ),
  );
}

async function kernels(): Promise<Listing> {
  const rungs = (await kernelLadder()).map(({ name, label, refused, note = null }) => ({
    ...{ name, label, works: refused === null, why_not: refused, note },
  }));
  return listing(rungs, ({ name, label, works, why_not, note }) =>
    entry(name, works ? `works here, as ${label}` : `does not work here: ${why_not}`, note),
  );
}

function listing<T extends object>(items: readonly T[], text: (item: T) => string): Listing {
  return { items, text: items.map(text).join('\n') };
}

function entry(name: string, summary: string, more: string | null): string {
  const lines = [...wrapped(`  ${name.padEnd(26)}${summary}`, 28)];
  return [...lines, ...(more === null ? [] : wrapped(`      ${more}`, 8))].join('\n');
}

function flowText({ command, before, layer, after }: Omit<Flow, 'name' | 'summary'>): string {
  const flow = [...before, `once per layer (${layer.join(' → ')})`, ...after].join(' → ');
  return `${command}: ${flow}`;
}
