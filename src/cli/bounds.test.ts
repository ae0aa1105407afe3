import { afterEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../core/failure.js';
import { createProgram } from './program.js';

afterEach(() => vi.restoreAllMocks());

/** What `kronflow bounds …` prints. */
async function said(...args: readonly string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  await createProgram().parseAsync(['node', 'kronflow', 'bounds', ...args]);
  vi.restoreAllMocks();
  return text;
}

interface Printed {
  readonly input: Readonly<Record<string, number>>;
  readonly statements: readonly {
    readonly name: string;
    readonly corrected: { readonly value: number | null; readonly log10: number };
  }[];
}

describe('kronflow bounds', () => {
  it('prints one line a statement, claimed beside corrected', async () => {
    const text = await said('--n', '1000', '--d', '10');
    expect(text).toMatch(/Theorem 4\.1 .* 10,000 bits .*5310 bits/);
    expect(text).toMatch(/Theorem 4\.2 .* 10,000,000|1\.00e\+7 bits/);
    expect(
      text.split('\n').filter((line) => /Theorem|Corollary|Lemma|Cluster|Polynomial/.test(line)),
    ).toHaveLength(15);
  });

  it('prints JSON with the parameters it used', async () => {
    const { input, statements } = JSON.parse(
      await said('--json', '--n', '500', '--eps-key', '0.3'),
    ) as Printed;
    expect(input).toMatchObject({ n: 500, epsKey: 0.3, d: 64, p: 0.9 });
    expect(statements).toHaveLength(15);
    expect(statements[0].corrected.value).toBeCloseTo(0.531004 * 500 * 64, 0);
  });

  it('says how large a number is that float64 cannot hold', async () => {
    const { statements } = JSON.parse(await said('--json', '--d', '2000')) as Printed;
    const { corrected } = statements.find(({ name }) => name === 'Lemma 5.4')!;
    expect(corrected.value).toBeNull();
    expect(corrected.log10).toBeCloseTo(2000 * Math.log10(1 + 12 / Math.E), 6);
    expect(await said('--d', '2000')).toMatch(/Lemma 5\.4 .*10\^1467 clusters/);
  });

  it('explains what is wrong, with formulas and conditions', async () => {
    const text = await said('--explain', '--n', '1024');
    expect(text).toContain('The proof streams n² unconstrained key and value rows');
    expect(text).toContain('✗ n²·d is not refuted by the four caches: n ≤ 4·w/IDX(p − β) = 241');
    expect(text).toContain('corrected  IDX(p − β)·n·d = ');
    expect(await said('--n', '1024')).not.toContain('unconstrained');
  });

  it.each([
    ['--n', '2', 'expected number to be >=3'],
    ['--n', '2.5', 'expected int'],
    ['--n', 'many', 'expected number'],
    ['--d', '0', 'expected number to be >=1'],
    ['--d', '', 'received NaN'],
    ['--eps', '0', 'expected number to be >0'],
    ['--eps', '1', 'expected number to be <1'],
    ['--p', '0.5', 'expected number to be >0.5'],
    ['--p', '1.01', 'expected number to be <=1'],
    ['--delta', '-1', 'expected number to be >0'],
    ['--r', 'Infinity', 'expected number'],
    ['--m', '0', 'expected number to be >=1'],
    ['--w', '65', 'expected number to be <=64'],
    ['--g', '-1', 'expected number to be >=0'],
    ['--beta', '0.4', 'must be less than p − 1/2'],
    ['--eps-key', '2', 'expected number to be <1'],
  ])('refuses %s %j: %s', async (flag, value, rule) => {
    const failure = await said(`${flag}=${value}`).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    const { code, what, hint } = failure as Failure;
    expect({ code, hint }).toEqual({ code: 'bad-option', hint: 'see kronflow bounds --help' });
    expect(what).toContain(`${flag} = ${JSON.stringify(value)}: `);
    expect(what).toContain(rule);
  });
});
