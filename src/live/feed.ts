import type { Message, State } from './message.js';
import { changes, type PlotTexts, type Told } from './plot-diff.js';

/** Where the messages of one client go. */
export interface Outlet {
  /** False: it is still on its way, and nothing more is written until the client is free again. */
  write(text: string): boolean;
  /** Close it once everything has been taken, and say so. */
  end(done: () => void): void;
}

/** A client as the server holds it. */
export interface Listener {
  /** The outlet has taken everything. */
  free(): void;
  /** Gone. */
  leave(): void;
}

/** What there is to tell; asked for only while somebody listens and can take it. */
export interface Teller {
  state(): State;
  plots(): readonly PlotTexts[];
}

/** How often clients are told. */
export interface Pace {
  /** Milliseconds. */
  now(): number;
  /** Least milliseconds between two messages. */
  readonly everyMs: number;
  /** Largest share of the time that telling may take: what costs more is told less often. */
  readonly share: number;
  /** But not less often than that: on a busy machine a message takes long without costing much. */
  readonly mostMs: number;
}

/** Tells clients what changed; one that does not keep up is skipped, and told all that changed once it does. */
export interface Feed {
  readonly clients: number;
  /** How many ever came. */
  readonly joined: number;
  /** Milliseconds that telling has taken so far. */
  readonly spentMs: number;
  join(outlet: Outlet): Listener;
  /** Tell those who can take it, when it is time; cheap when it is not. */
  tick(): void;
  /** Tell everybody the end; resolves when all have it, or after `limitMs`. */
  finish(limitMs: number): Promise<void>;
}

interface Client {
  readonly outlet: Outlet;
  told: Told;
  busy: boolean;
}

/** A feed of what `teller` says. */
export function createFeed(teller: Teller, { now, everyMs, share, mostMs }: Pace): Feed {
  const clients = new Set<Client>();
  let due = 0; // when the next message may be made
  let ending = false;
  let joined = 0;
  let spentMs = 0;
  let whenEmpty = () => {};

  function tell(able: readonly Client[]): void {
    const start = now();
    const [state, plots] = [teller.state(), teller.plots()];
    const told = new Map(plots.map((texts) => [texts.plot.id, texts]));
    for (const client of able) {
      const message: Message = { state, plots: changes(client.told, plots) };
      client.told = told;
      client.busy = !client.outlet.write(`data: ${JSON.stringify(message)}\n\n`);
    }
    const cost = now() - start;
    spentMs += cost;
    due = start + cost + Math.min(mostMs, Math.max(everyMs, cost / share));
  }

  function tellEnd(client: Client): void {
    tell([client]);
    client.outlet.end(() => leave(client));
  }

  function leave(client: Client): void {
    clients.delete(client);
    if (clients.size === 0) whenEmpty();
  }

  return {
    get clients() {
      return clients.size;
    },
    get joined() {
      return joined;
    },
    get spentMs() {
      return spentMs;
    },
    join(outlet) {
      const client: Client = { outlet, told: new Map(), busy: false };
      clients.add(client);
      joined++;
      if (ending) tellEnd(client);
      due = Math.min(due, now()); // who comes new need not wait
      return {
        leave: () => leave(client),
        free() {
          client.busy = false;
          if (ending) tellEnd(client);
        },
      };
    },
    tick() {
      if (clients.size === 0 || now() < due) return;
      const able = [...clients].filter(({ busy }) => !busy);
      if (able.length > 0) tell(able);
    },
    async finish(limitMs) {
      ending = true;
      if (clients.size === 0) return;
      const gone = new Promise<void>((resolve) => (whenEmpty = resolve));
      const timer = setTimeout(() => whenEmpty(), limitMs);
      for (const client of clients) if (!client.busy) tellEnd(client);
      await gone;
      clearTimeout(timer);
    },
  };
}
