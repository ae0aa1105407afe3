import Table from 'cli-table3';
import { wrapText } from './wrap-text.js';
import type { Inspected } from '../../data/sources/inspect-recording.js';

const MAX_STREAMS = 8;

/** A recording as people read it: what it holds, and what must be known before replaying it. */
export function recordingTable(found: Inspected, width = Infinity): string {
  const { path, table, format, rows, streams, shape, told, score_std } = found;
  const out = new Table({ style: { head: [], border: [], compact: true } });
  const add = (name: string, value: string | number) => out.push([name, String(value)]);
  add('table', `${table}, ${format}`);
  add('rows', rows);
  if (streams.length > 0) add('streams', streamsText(found));
  if (shape !== null) {
    const { layers, heads, d, order, scale } = shape;
    add('layers × heads', `${layers} × ${heads}`);
    add('d', d);
    add('order', order);
    add('scale', scale ?? 'not said: a replay takes 1 unless --scale says otherwise');
    for (const [key, value] of Object.entries(told)) add(key, JSON.stringify(value).replaceAll('"', ''));
  }
  if (score_std !== null)
    add('score std R', `${score_std.value.toPrecision(3)}, estimated after ${score_std.steps} steps`);
  const lifted = typeof told.lift === 'string' ? wrapText(LIFTED, width) : '';
  return `${path}\n${out.toString()}${shape === null ? `\ncolumns: ${found.columns.join(', ')}` : ''}${lifted}`;
}

const LIFTED =
  '\nlift: side 2 was made from ordinary attention, so errors speak about the caches, not about a trained tensor model';

function streamsText({ streams, shape }: Inspected): string {
  const perStep = shape === null ? 1 : shape.layers * shape.heads;
  const shown = streams
    .slice(0, MAX_STREAMS)
    .map(({ stream_id, rows }) => `${stream_id}: ${rows / perStep} steps`);
  const more = streams.length - shown.length;
  return `${streams.length} (${shown.join(', ')}${more > 0 ? `, and ${more} more` : ''})`;
}
