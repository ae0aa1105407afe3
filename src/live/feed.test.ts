import { describe, expect, it } from 'vitest';
import { createFeed, type Outlet } from './feed.js';
import type { Message, PlotRow, State } from './message.js';
import { changes, textsOf, type PlotTexts } from './plot-diff.js';

const state = (done: number) => ({ status: 'running', done }) as State;
const plot = (rows: readonly PlotRow[], spec: object = { mark: 'line' }): PlotTexts =>
  textsOf({ id: 'bytes', title: 'Bytes', caption: '', alt: '', spec, rows });

describe('changes', () => {
  const [one, two, three] = [{ n: 1 }, { n: 2 }, { n: 3 }];

  it('are everything for who knows nothing, and nothing for who knows everything', () => {
    const now = plot([one, two]);
    const all = changes(new Map(), [now]);
    expect(all).toMatchObject([{ id: 'bytes', spec: { mark: 'line' }, length: 2, rows: [[0, one], [1, two]] }]); // prettier-ignore
    expect(changes(new Map([['bytes', plot([one, two])]]), [now])).toEqual([]);
  });

  it('are nothing where rows were made again, but say the same', () => {
    const told = new Map([['bytes', plot([one, two])]]);
    expect(changes(told, [plot([{ ...one }, { ...two }])])).toEqual([]);
  });

  it('are the rows that are new, by place, and the length when there are fewer', () => {
    const told = new Map([['bytes', plot([one, two, three])]]);
    const [change] = changes(told, [plot([one, { n: 9 }])]);
    expect(change).toMatchObject({ length: 2, rows: [[1, { n: 9 }]] });
    expect(change).not.toHaveProperty('spec');
    expect(changes(told, [plot([one, two])])).toMatchObject([{ length: 2, rows: [] }]);
    expect(changes(told, [plot([one, two, three], { mark: 'bar' })])).toMatchObject([
      { spec: { mark: 'bar' }, rows: [] },
    ]);
  });
});

/** A client: what it was told, and whether it takes more. */
function client(keepsUp = true) {
  const heard: Message[] = [];
  let ended = false;
  const outlet: Outlet = {
    write(text) {
      heard.push(JSON.parse(text.slice('data: '.length)) as Message);
      return keepsUp;
    },
    end(done) {
      ended = true;
      done();
    },
  };
  return { outlet, heard, done: () => heard.map((message) => message.state.done), ended: () => ended };
}

/** A feed with a clock that the test moves; `cost` is what it takes to say something. */
function feedOf({ cost = 0, share = 0.01 } = {}) {
  const at = { now: 0, done: 0, asked: 0, rows: [] as PlotRow[] };
  const feed = createFeed(
    {
      state: () => {
        at.asked++;
        at.now += cost;
        return state(at.done);
      },
      plots: () => [plot([...at.rows])],
    },
    { now: () => at.now, everyMs: 250, share, mostMs: 5000 },
  );
  const tick = (now: number) => {
    at.now = now;
    at.done++;
    at.rows.push({ n: at.done });
    feed.tick();
  };
  return { feed, at, tick };
}

describe('feed', () => {
  it('asks for nothing while nobody listens', () => {
    const { at, tick } = feedOf();
    for (let ms = 0; ms < 2000; ms += 100) tick(ms);
    expect(at.asked).toBe(0);
  });

  it('tells a few times a second what changed', () => {
    const { feed, tick } = feedOf();
    const { outlet, heard, done } = client();
    feed.join(outlet);
    for (let ms = 0; ms <= 600; ms += 100) tick(ms);
    expect(done()).toEqual([1, 4, 7]); // 0, 300 and 600 ms
    expect(heard.map(({ plots }) => plots[0].rows.map(([i]) => i))).toEqual([[0], [1, 2, 3], [4, 5, 6]]);
  });

  it('skips a client that does not keep up, and tells it all that it missed', () => {
    const { feed, tick } = feedOf();
    const [slow, quick] = [client(false), client()];
    const listener = feed.join(slow.outlet);
    feed.join(quick.outlet);
    for (let ms = 0; ms <= 900; ms += 300) tick(ms);
    expect([slow.done(), quick.done()]).toEqual([[1], [1, 2, 3, 4]]);
    listener.free();
    tick(1200);
    expect(slow.done()).toEqual([1, 5]);
    expect(slow.heard[1].plots[0].rows).toHaveLength(4);
  });

  it('does not even look when all are slow', () => {
    const { feed, tick, at } = feedOf();
    feed.join(client(false).outlet);
    for (let ms = 0; ms <= 3000; ms += 300) tick(ms);
    expect(at.asked).toBe(1);
  });

  it('says less often what costs more: at most a share of the time', () => {
    const { feed, tick, at } = feedOf({ cost: 20 });
    feed.join(client().outlet);
    for (let ms = 0; ms < 20_000; ms += 50) tick(Math.max(ms, at.now));
    expect(at.asked).toBeLessThanOrEqual(10); // 20 ms each of 20 s: 1 %
    expect(at.asked).toBeGreaterThanOrEqual(9);
    expect(feed.spentMs).toBe(20 * at.asked);
  });

  it('never stays silent for longer than it was told, whatever a message takes', () => {
    const { feed, tick, at } = feedOf({ cost: 200 });
    feed.join(client().outlet);
    for (let ms = 0; ms < 20_000; ms += 50) tick(Math.max(ms, at.now));
    expect(at.asked).toBe(4); // every 5.2 s, and not after 20
  });

  it('tells everybody the end, a slow one when it is free again', async () => {
    const { feed, tick, at } = feedOf();
    const [slow, quick] = [client(false), client()];
    const listener = feed.join(slow.outlet);
    feed.join(quick.outlet);
    tick(0);
    at.done = 99;
    const finished = feed.finish(60_000);
    expect([quick.done().at(-1), quick.ended(), slow.ended()]).toEqual([99, true, false]);
    listener.free();
    await finished;
    expect([slow.done().at(-1), slow.ended(), feed.clients]).toEqual([99, true, 0]);
  });

  it('waits for a client that hangs no longer than it was told', async () => {
    const { feed, tick } = feedOf();
    feed.join(client(false).outlet);
    tick(0);
    await feed.finish(1);
    expect(feed.clients).toBe(1);
  });
});
