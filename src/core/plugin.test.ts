import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { API_VERSION, define, findByName, type Spec } from './plugin.js';

const spec = {
  kind: 'cache',
  apiVersion: API_VERSION,
  name: 'ring',
  summary: 'a ring',
  paper: null,
  options: z.object({
    size: z.int().positive().default(128).describe('tokens kept'),
    mode: z.enum(['soft', 'hard']).default('soft'),
  }),
} as const satisfies Spec;
const ring = define(spec, (options) => options);
const bare = define({ ...spec, name: 'bare', options: z.object({}) }, (options) => options);

const failureOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('define', () => {
  it('fills in defaults and carries its spec', () => {
    expect(ring()).toEqual({ size: 128, mode: 'soft' });
    expect(ring({ size: 2 })).toEqual({ size: 2, mode: 'soft' });
    expect(ring.spec).toBe(spec);
  });

  it('names value and rule of a bad option', () => {
    expect(failureOf(() => ring({ size: -3 }))).toMatchObject({
      code: 'bad-option',
      what: expect.stringMatching(/^cache ring: size = -3: Too small: expected number to be >0/),
      hint: 'options of ring: size, mode',
    });
    expect(failureOf(() => ring({ size: 'x' as never }))).toMatchObject({
      what: expect.stringMatching(/^cache ring: size = "x": .*number/),
    });
    expect(failureOf(() => ring({ mode: 'sfot' as never }))).toMatchObject({
      what: expect.stringMatching(/mode = "sfot": .*"soft"\|"hard"/),
    });
  });

  it.each([NaN, Infinity])('calls %d by its name', (size) => {
    expect(failureOf(() => ring({ size }))).toMatchObject({
      what: expect.stringContaining(`size = ${size}: `),
    });
  });

  it('gives the nearest names of an unknown option, and refuses what are no options at all', () => {
    expect(failureOf(() => ring({ siz: 3 } as never))).toMatchObject({
      code: 'bad-option',
      what: 'cache ring: unknown option "siz"',
      hint: 'did you mean "size"? All names: size, mode',
    });
    expect(failureOf(() => bare({ siz: 3 } as never))).toMatchObject({ hint: 'bare takes no options' });
    expect(failureOf(() => ring(null as never))).toMatchObject({
      what: expect.stringMatching(/^cache ring: options = null: /),
    });
  });
});

describe('findByName', () => {
  it('finds by the exact name', () => expect(findByName('cache', [bare, ring], 'ring')).toBe(ring));

  it('gives the nearest names of an unknown one', () => {
    expect(failureOf(() => findByName('cache', [bare, ring], 'rin'))).toMatchObject({
      code: 'unknown-name',
      what: 'cache "rin" does not exist',
      hint: 'did you mean "ring"? All names: bare, ring',
    });
  });
});
