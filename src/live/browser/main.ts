import { formatBytes } from '../../core/format.js';
import { tokens } from '../../report/look.js';
import type { CacheState, Message, State } from '../message.js';
import { figure, type Figure } from './draw.js';
import { durationText, numberText } from './words.js';

const EVERY_MS = 500;
const SHARE = 0.1; // of the time may go into drawing: the run wants this processor

const dark = matchMedia('(prefers-color-scheme: dark)');
const figures = new Map<string, Figure>();
const at = (id: string) => document.getElementById(id)!;
let drawing: Promise<void> | null = null;
let due = 0;
let asked: 'nothing' | 'changes' | 'all' = 'nothing';

async function start(): Promise<void> {
  history.replaceState(null, '', location.pathname); // the ticket is of no more use: a copied address shall not look like one
  const interpreter = '../../vega-interpreter.js';
  const { expressionInterpreter } = (await import(interpreter)) as { expressionInterpreter: object };
  const source = new EventSource('events');
  source.onmessage = ({ data }) => {
    const message = JSON.parse(data as string) as Message;
    showState(message.state);
    for (const change of message.plots) {
      const known = figures.get(change.id) ?? figure(at('plots'), expressionInterpreter);
      figures.set(change.id, known);
      known.take(change);
    }
    const over = !['running', 'sealing'].includes(message.state.status);
    if (over) source.close();
    ask('changes', over);
  };
  source.onerror = () => showStatus('lost', 'connection lost');
  dark.addEventListener('change', () => ask('all', true));
  addEventListener('resize', () => ask('all'));
  document.addEventListener('visibilitychange', () => ask('changes', true));
}

/** Draw soon: not while nobody looks, and not so often that it takes more than its share. */
function ask(what: 'changes' | 'all', now = false): void {
  if (asked !== 'all') asked = what;
  if (now) due = 0;
  if (drawing !== null || document.hidden) return;
  drawing = new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    .then(draw)
    .finally(() => {
      drawing = null;
      if (asked !== 'nothing') ask(asked);
    });
}

async function draw(): Promise<void> {
  const anew = asked === 'all';
  asked = 'nothing';
  const start = performance.now();
  const colours = new Map(Object.entries(tokens(dark.matches ? 'dark' : 'light')));
  for (const one of figures.values()) await one.draw(colours, anew);
  const cost = performance.now() - start;
  due = start + Math.max(EVERY_MS, cost / SHARE);
}

function showState(state: State): void {
  showStatus(state.status, STATUS[state.status] ?? state.status);
  at('dir').textContent = state.dir;
  const progress = at('progress') as HTMLProgressElement;
  if (state.total === null) progress.removeAttribute('value');
  else progress.value = state.total === 0 ? 1 : state.done / state.total;
  const { total, done } = state;
  const counted = Object.entries(state.rows).filter(([, rows]) => rows > 0);
  replace('facts', [
    fact(
      'tokens',
      `${done.toLocaleString('en')}${total === null ? '' : ` of ${total.toLocaleString('en')}`}`,
    ),
    fact('tokens/s', numberText(state.tokens_per_second)),
    fact('elapsed', durationText(state.elapsed_ms)),
    ...(state.status === 'running' ? [fact('left', durationText(state.left_ms))] : []),
    fact('in use, reference included', formatBytes(state.in_use_bytes)),
    fact('R, deviation of scores', numberText(state.score_std)),
    ...counted.map(([table, rows]) => fact(`rows of ${table}`, rows.toLocaleString('en'))),
  ]);
  at('note').textContent = noteOf(state);
  document.querySelector('#caches tbody')!.replaceChildren(...state.caches.map(cacheRow));
  if (state.events.length > 0) {
    replace('events', [...state.events].reverse().map(({ kind, step, message }) => element('li', `${kind}${step === null ? '' : `, step ${step}`}: ${message}`))); // prettier-ignore
  }
}

const STATUS: Readonly<Record<string, string>> = { sealing: 'sealing the trace' };

function showStatus(status: string, text: string): void {
  if (status === 'lost' && ['complete', 'interrupted', 'failed'].includes(at('status').dataset.status ?? ''))
    return;
  at('status').dataset.status = status;
  if (at('status').textContent !== text) at('status').textContent = text; // it is read aloud when it changes
}

function noteOf({ status, dir, error }: State): string {
  if (status === 'running' || status === 'sealing') return '';
  if (status === 'failed') return `The run failed: ${error ?? 'no reason given'}`;
  return `The run is over and the trace is in ${dir}. For all of it: kronflow report ${dir} -o report.html`;
}

function cacheRow(cache: CacheState): HTMLElement {
  const row = document.createElement('tr');
  const name = element('th', cache.cache);
  name.setAttribute('scope', 'row');
  const swatch = document.createElement('span');
  swatch.className = `swatch ${cache.hue}`;
  name.prepend(swatch);
  const cells = [
    formatBytes(cache.held_bytes),
    numberText(cache.ms_per_token),
    numberText(cache.error),
    numberText(cache.error_p50),
    numberText(cache.error_p99),
    cache.warnings.toLocaleString('en'),
  ];
  row.append(name, ...cells.map((text) => element('td', text)));
  return row;
}

function fact(name: string, value: string): HTMLElement {
  const pair = document.createElement('div');
  pair.append(element('dt', name), element('dd', value));
  return pair;
}

function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function replace(id: string, children: readonly HTMLElement[]): void {
  at(id).replaceChildren(...children);
}

await start();
