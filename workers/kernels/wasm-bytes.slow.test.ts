import { expect, it } from 'vitest';
import { WASM_BUILDS, wasmBytes } from './wasm.js';

const sources = new URL('../assembly/build.mjs', import.meta.url).href;

it.each(WASM_BUILDS)(
  'the committed bytes of %s are what its sources compile to (npm run build:wasm)',
  async (build) => {
    const { compile } = (await import(sources)) as { compile(build: string): Promise<Uint8Array> };
    expect(Buffer.from(await compile(build)).equals(wasmBytes(build))).toBe(true);
  },
);
