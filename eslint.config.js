import jsdoc from 'eslint-plugin-jsdoc';
import rxjs from 'eslint-plugin-rxjs-x';
import ts from 'typescript-eslint';

const ban = (names, message) => ['error', ...names.map((name) => ({ name, message }))];
const clock = ['Date', 'performance', 'setTimeout', 'setInterval', 'process'];
const sharing = ['SharedArrayBuffer', 'Atomics', 'WebAssembly'];
const everything = ['globalThis', 'self', 'global', 'window', 'eval', 'Function'];
const tests = ['**/*.test.ts', '**/*.test-d.ts', '**/testing/**'];

export default ts.config(
  { ignores: ['dist', 'traces', 'workers/assembly', '**/*.js', '**/*.mjs', '**/*.cjs'] },
  ...ts.configs.recommended,
  { ...rxjs.configs.recommended, files: ['**/*.ts'] },
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  },
  {
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'max-lines': ['error', { max: 250, skipBlankLines: true }],
    },
  },
  {
    files: ['src/**', 'operators/**', 'pipelines/**', 'data/**', 'workers/**'],
    ignores: tests,
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: { esm: true },
          require: { FunctionDeclaration: true, ClassDeclaration: true },
          contexts: [
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
        },
      ],
    },
  },
  {
    files: ['src/core/**', 'src/bounds/**', 'src/lab/**', 'operators/**'],
    ignores: tests,
    rules: {
      'no-restricted-globals': ban([...clock, ...sharing, ...everything], 'take it from the Run'),
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'take a seeded generator from the Run' },
      ],
    },
  },
);
