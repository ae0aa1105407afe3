import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { describeMachine, load } from '../report.js';
import { PEERS, startAll, THREADS, type Peer } from './contenders.js';
import { measureForms, measureNeedle } from './forms.js';
import { goals } from './goals.js';
import { measureParts } from './parts.js';
import { PeakMeter } from './peak.js';
import { measurePipeline } from './pipeline.js';
import { disturbances } from './quiet.js';
import type { Results } from './results.js';
import { measureDecode, measureSteps } from './steps.js';
import { tables, type Cells } from './tables.js';
import { writeDocument } from './document.js';

/** What `npm run bench -- --vs …` was asked for. */
export interface CompareOptions {
  /** Comma-separated: numpy, torch, onnx. */
  readonly vs: string;
  /** Where the results go as JSON. */
  readonly json?: string | undefined;
  /** Write docs/performance.md too. */
  readonly docs: boolean;
  /** JSON of an earlier run: print it and write the page again, without measuring. */
  readonly from?: string | undefined;
}

/** Measure our kernels against others in one run, in turns, and print tables and goals. */
export async function compareWith({ vs, json, docs, from }: CompareOptions): Promise<void> {
  const peers = vs.split(',').filter((name) => name !== '');
  const unknown = peers.filter((name) => !(PEERS as readonly string[]).includes(name));
  if (unknown.length > 0) {
    console.error(`--vs ${unknown.join(',')}: there are ${PEERS.join(', ')}`);
    process.exit(2);
  }
  const folder = mkdtempSync(join(tmpdir(), 'kronflow-versus-'));
  try {
    const results =
      from === undefined
        ? await measureAll(peers as Peer[], folder)
        : (JSON.parse(readFileSync(from, 'utf8')) as Results);
    for (const [name, cells] of Object.entries(tables(results))) console.log(`\n${name}\n${printed(cells)}`);
    if (json !== undefined) {
      writeFileSync(json, `${JSON.stringify({ ...results, goals: goals(results) }, null, 2)}\n`);
    }
    if (docs) await writeDocument(results);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureAll(peers: readonly Peer[], folder: string): Promise<Results> {
  const machine = describeMachine();
  const { started, missing } = await startAll(peers);
  for (const { name, version } of started) console.log(`${name}: ${version}`);
  for (const name of missing) console.log(`${name}: could not be started`);
  const meter = new PeakMeter(folder, THREADS);
  await meter.measure();
  const steps = await measureSteps(started, folder, meter);
  const decode = await measureDecode(started, folder);
  for (const contender of started) contender.stop();
  const forms = await measureForms(folder);
  const needle = await measureNeedle(folder);
  const pipeline = await measurePipeline();
  const parts = measureParts(folder);
  await meter.measure();
  return {
    ...{ machine, day: new Date().toISOString().slice(0, 10), threads: THREADS, missing },
    contenders: started.map(({ name, version }) => ({ name, version })),
    ...{ peaks: meter.peaks, steps, decode, forms, needle, pipeline, parts },
    ...{ priority: getPriority(), loadAfter: load(), disturbances: disturbances() },
  };
}

function printed([head, ...rows]: Cells): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
