const run = (...flags: readonly string[]) => [
  ...['run', 'text.txt', '--d', '8', '--heads', '1', '--threads', '1', '-o', 'out'],
  ...flags,
];
const cache = (text: string) => run('-c', text);

/** Options of caches, budgets and measurements that must be refused, by what is wrong with them. */
export const badCacheCases = {
  'three bits a number': {
    args: cache('quantised:bits=3'),
    says: [/cache quantised: bits = 3/, /8\|4\|2/],
    hint: /options of quantised: bits/,
  },
  'clusters of radius 0': {
    args: cache('subgen4:delta=0'),
    says: [/cache subgen4: delta = 0/, />0/],
    hint: /options of subgen4/,
  },
  'no sample of a cluster': {
    args: cache('subgen4:t=0'),
    says: [/cache subgen4: t = 0/, />0/],
    hint: /options of subgen4/,
  },
  'no slot for values': {
    args: cache('subgen4:s=0'),
    says: [/cache subgen4: s = 0/, />0/],
    hint: /options of subgen4/,
  },
  'a radius that does not grow': {
    args: cache('subgen-atoms:gamma=1'),
    says: [/cache subgen-atoms: gamma = 1/, />1/],
    hint: /options of subgen-atoms/,
  },
  'more monomials than allowed': {
    args: cache('polynomial:degree=12'), // C(20, 8); C(18, 8) of degree 10 are few enough
    says: [/cache polynomial: degree 12 in d = 8 coordinates has 125970 monomials/, /maxMonomials = 65536/],
    hint: /degree 10 has 43758; or raise maxMonomials: each takes 72 bytes a side/,
  },
  'fewer places than sinks, in tokens': {
    args: cache('sinks:size=3'),
    says: [/cache sinks: size = 3: keeps 3 atoms, and 5 is the least/],
    hint: /size=5 \(tokens\) or size=320B/, // 5 tokens × (key + value) × 8 × 4 bytes
  },
  'fewer places than sinks, in bytes': {
    args: cache('sinks:size=100B'),
    says: [/cache sinks: size = 100B: keeps 1 atoms, and 5 is the least/],
    hint: /size=5 \(tokens\) or size=320B/,
  },
  'an unknown unit of a budget': {
    args: cache('window:size=10xb'),
    says: [/cache window: size = "10xb"/, /tokens \(128\), bytes \(64KiB\) or a share \(25%\)/],
    hint: /options of window: size, size2/,
  },
  'a share of more than everything': {
    args: cache('random:size=101%'),
    says: [/cache random: size = "101%"/, /at most 100%/],
    hint: /options of random/,
  },
  'merging around a cache that drops nothing': {
    args: cache('merge:base=four-cache'),
    says: [/merge: base = four-cache: it drops nothing/],
    hint: /it can wrap window, sinks/,
  },
  'a negative bound': {
    args: cache('skip:eta=-1'),
    says: [/cache skip: eta = -1/, />=0/],
    hint: /options of skip: eta/,
  },
  'a cache of pairs in matrix order': {
    args: run('--order', 'matrix', '-c', 'block-lsh'),
    says: [/cache block-lsh: order = matrix, but it is defined only for tensor/],
    hint: /--order tensor/,
  },
  'sparsity measured at every 0th step': {
    args: run('--sparsity', 'every=0'),
    says: [/sparsity\.every = 0/, />0/],
    hint: /run --help/,
  },
  'an unknown key of --sparsity': {
    args: run('--sparsity', 'evry=2'),
    says: [/unknown option "evry"/],
    hint: /did you mean "every"/,
  },
  'a negative number of tokens to recall': {
    args: run('--recall', '-1'),
    says: [/--recall = "-1"/, /0 or more/],
    hint: /--help/,
  },
  'an unknown unit of --budget': {
    args: ['compare', 'text.txt', '--d', '8', '--heads', '1', '--budget', '1XB'],
    says: [/--budget = "1XB"/],
    hint: /64KiB/,
  },
  'a budget in which no cache fits': {
    args: ['compare', 'text.txt', '--d', '8', '--heads', '1', '--budget', '10B'],
    says: [/--budget 10B: no cache can be so small at d = 8/],
    hint: /raise --budget/,
  },
};
