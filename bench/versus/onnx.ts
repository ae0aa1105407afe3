import { createRequire } from 'node:module';
import { join } from 'node:path';
import { onnxModel } from './onnx-model.js';
import { readProblem, type Problem } from './problem.js';
import { serve, type Server } from './protocol.js';

// onnxruntime-node as a contender. It is no dependency (288 MB): KRONFLOW_ONNX names a folder in which it is installed.
// node onnx.js THREADS
interface Ort {
  readonly Tensor: new (
    type: 'float32',
    data: Float32Array,
    dims: readonly number[],
  ) => { data: Float32Array };
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<Session>;
  };
}
interface Session {
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, { data: Float32Array }>>>;
}

const threads = Number(process.argv[2]);
const require = createRequire(join(process.env.KRONFLOW_ONNX ?? process.cwd(), 'package.json'));
const ort = require('onnxruntime-node') as Ort;
const { version } = require('onnxruntime-node/package.json') as { version: string };
const sessions = new Map<number, Session>();

async function sessionFor(d: number): Promise<Session> {
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential' };
  const session = sessions.get(d) ?? (await ort.InferenceSession.create(onnxModel(d), options));
  sessions.set(d, session);
  return session;
}

/** The first n entries and the query of the last of them; tensors are views, nothing is copied here. */
function feeds({ q, k1, k2, v1, v2 }: Problem, n: number, d: number): Readonly<Record<string, unknown>> {
  const rows = (data: Float32Array) => new ort.Tensor('float32', data.subarray(0, n * d), [n, d]);
  const query = new ort.Tensor('float32', q.subarray((n - 1) * d, n * d), [1, d]);
  return { q: query, k1: rows(k1), k2: rows(k2), v1: rows(v1), v2: rows(v2) };
}

const prepare: Server['prepare'] = async ({ file, n, d, job }) => {
  const [rows, session] = [readProblem(file, n, d), await sessionFor(d)];
  if (job === 'step') {
    const given = feeds(rows, n, d);
    return { once: async () => (await session.run(given)).o.data, bytes: () => null };
  }
  const once = async () => {
    const kept = { ...rows, ...emptyRows(n, d) };
    let output = new Float32Array(0);
    for (let i = 0; i < n; i++) {
      for (const name of NAMES) kept[name].set(rows[name].subarray(i * d, (i + 1) * d), i * d);
      output = (await session.run(feeds(kept, i + 1, d))).o.data as Float32Array<ArrayBuffer>;
    }
    return output;
  };
  return { once, bytes: () => null };
};

const NAMES = ['k1', 'k2', 'v1', 'v2'] as const;

/** Buffers of their last size, to which rows are appended. */
function emptyRows(n: number, d: number): Pick<Problem, (typeof NAMES)[number]> {
  const empty = () => new Float32Array(n * d);
  return { k1: empty(), k2: empty(), v1: empty(), v2: empty() };
}

await serve({ version: `onnxruntime-node ${version}, ${threads} threads`, prepare });
