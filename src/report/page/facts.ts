import { groupThousands } from '../../core/format.js';
import type { OpenedTrace } from '../../query/index.js';
import { cachesOf } from '../collect.js';
import { escapeHtml } from './html.js';

/** What was run, one column a trace: configuration, kernel, versions, hashes, status. */
export function factsTable(traces: readonly OpenedTrace[]): string {
  const lines: readonly (readonly [string, (trace: OpenedTrace) => string])[] = [
    ['status', ({ run }) => run.status + (run.error === null ? '' : `: ${run.error}`)],
    ['stream', ({ run }) => sourceText(run.config, run.inputs)],
    [
      'model',
      ({ run }) =>
        `${run.layers} layer${run.layers === 1 ? '' : 's'} × ${run.heads} head${run.heads === 1 ? '' : 's'}, d = ${run.d}, order ${run.order}, scale ${run.scale}${run.lift === null ? '' : `, lift ${run.lift}`}`,
    ],
    ...(traces.some(({ run }) => predictorOf(run) !== null)
      ? [['predictions', ({ run }: OpenedTrace) => predictorOf(run) ?? 'none'] as const]
      : []),
    ['caches', ({ run }) => cachesOf(run.config).map(cacheText).join(', ')],
    ['seed', ({ run }) => Object.values(run.seeds).join(', ')],
    ['kernel', ({ run }) => `${run.kernel}, ${String(run.execution.threads ?? '?')} threads, ${run.dtype}`],
    [
      'steps',
      ({ run }) =>
        `${count(run.counters.processed)} processed of ${count(run.counters.read)} read; rows ${Object.entries(
          run.counters.rows,
        )
          .map(([table, rows]) => `${table} ${count(rows)}`)
          .join(', ')}`,
    ],
    ['started', ({ run }) => run.started_at ?? 'not recorded (timings off)'],
    [
      'versions',
      ({ run: { versions: v } }) =>
        `kronflow ${v.kronflow}, node ${v.node}${v.cpu === null ? '' : `, ${v.cpu}`}`,
    ],
    ['config sha256', ({ run }) => run.config_sha256],
    ['result sha256', ({ run }) => run.result_sha256 ?? 'unknown'],
  ];
  const head =
    traces.length === 1
      ? ''
      : `<thead><tr><th></th>${traces.map(({ label }) => `<th scope="col">${escapeHtml(label)}</th>`).join('')}</tr></thead>`;
  const body = lines.map(([name, text]) => {
    const cells = traces.map(
      (trace) => `<td${name.endsWith('sha256') ? ' class="hash"' : ''}>${escapeHtml(text(trace))}</td>`,
    );
    return `<tr><th scope="row">${name}</th>${cells.join('')}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="Facts of the runs"><table class="facts">${head}<tbody>${body.join('')}</tbody></table></div>`;
}

/** The language model of a run, and whose output drove its layers; null without one. */
function predictorOf({ inputs, config }: OpenedTrace['run']): string | null {
  const model = inputs.find(({ kind }) => kind === 'model');
  if (model === undefined) return null;
  const read = model.windows === true ? `, text in windows of ${String(model.context)} tokens` : '';
  const [first] = cachesOf(config);
  const usual = config.reference === 'none' ? (first?.label ?? first?.name) : 'exact';
  return `${baseName(String(model.name ?? model.path))}, driven by ${String(config.drive ?? usual)}${read}`;
}

function sourceText(config: Readonly<Record<string, unknown>>, inputs: OpenedTrace['run']['inputs']): string {
  const { name = 'unknown', options = {} } = (config.source ?? {}) as {
    name?: string;
    options?: Record<string, unknown>;
  };
  const given = Object.entries(options).filter(([, value]) => value !== null && typeof value !== 'object');
  const hashes = inputs.flatMap(({ sha256 }) =>
    typeof sha256 === 'string' ? [`sha256 ${sha256.slice(0, 12)}…`] : [],
  );
  const short = given.map(
    ([key, value]) => `${key} ${key === 'path' ? baseName(String(value)) : String(value)}`,
  );
  return [name, ...short, ...hashes].join(', ');
}

/** Pages are passed on: a path of the machine that made them says more than readers need. */
function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

function cacheText({ name, label = name, options = {} }: ReturnType<typeof cachesOf>[number]): string {
  const given = Object.entries(options).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  const text = given.length === 0 ? name : `${name}:${given.join(',')}`;
  return label === name ? text : `${label} (${text})`;
}

function count(value: number | null | undefined): string {
  return value === null || value === undefined ? 'unknown' : groupThousands(value);
}
