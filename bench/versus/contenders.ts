import { fileURLToPath } from 'node:url';
import { startContender, type Command, type Contender } from './contender.js';

/** Threads of everybody. */
export const THREADS = 2;

/** Programs that `--vs` may name. */
export const PEERS = ['numpy', 'torch', 'onnx'] as const;

/** One of them. */
export type Peer = (typeof PEERS)[number];

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const threads = String(THREADS);
const python = () => process.env.KRONFLOW_TORCH_PYTHON ?? process.env.KRONFLOW_PYTHON ?? 'python3';

const peerCommands: Readonly<Record<Peer, () => Command>> = {
  numpy: () => ({ name: 'numpy', program: python(), args: [peersScript(), 'numpy', threads] }),
  torch: () => ({ name: 'torch', program: python(), args: [peersScript(), 'torch', threads] }),
  onnx: () => ({ name: 'onnx', program: process.execPath, args: [here('onnx.js'), threads] }),
};

const peersScript = () => here('../../../bench/versus/peers.py'); // not compiled, so not in dist

/** Our kernels: on the Node that runs this, and wasm on a second one if KRONFLOW_NODE24 names its program. */
export function ourCommands(): readonly Command[] {
  const ours = (name: string, kernel: string, program = process.execPath): Command => ({
    ...{ name, program, args: [here('ours.js'), kernel, threads] },
    env: { KRONFLOW_WASM_REVEC: '1' }, // as our command line does; without effect before Node 24
  });
  const node24 = process.env.KRONFLOW_NODE24;
  return [
    ours('native', 'native'),
    ours('wasm', 'wasm'),
    ...(node24 === undefined ? [] : [ours('wasm, Node 24', 'wasm', node24)]),
    ours('reference', 'reference'),
  ];
}

/** Start ours and the peers that are asked for; those that cannot start are named in `missing`. */
export async function startAll(
  peers: readonly Peer[],
): Promise<{ readonly started: readonly Contender[]; readonly missing: readonly string[] }> {
  const [started, missing]: [Contender[], string[]] = [[], []];
  for (const command of [...ourCommands(), ...peers.map((peer) => peerCommands[peer]())]) {
    const contender = await startContender(command);
    if (contender === null) missing.push(command.name);
    else started.push(contender);
  }
  return { started, missing };
}
