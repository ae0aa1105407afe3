import type { PluginKind } from '../../core/plugin.js';
import { VERSION } from '../../core/version.js';
import type { Files, Scaffold } from './names.js';

/** What a plug-in package needs beside its code. */
export interface PackageParts {
  readonly kind: PluginKind;
  /** How its tests are run. */
  readonly test: string;
  readonly dependencies: Readonly<Record<string, string>>;
  /** How to run it, for the README. */
  readonly readme: string;
}

const ZOD = '^4.6.7';
const TYPESCRIPT = '~6.0.3';
const NODE_TYPES = '^20.19.43';

/** The file that a package is imported from, and that a reference in a pipeline names. */
export function moduleOf({ name, typescript }: Scaffold): string {
  return typescript ? `./dist/${name}.js` : `./${name}.js`;
}

/** The name by which a pipeline finds the plug-in. */
export function referenceOf(scaffold: Scaffold): string {
  return `${moduleOf(scaffold)}#${scaffold.exported}`;
}

/** What differs between packages with a plug-in that is tested by its pipeline alone. */
export interface PipelinePackage extends Pick<PackageParts, 'kind'> {
  /** What it is, in a sentence. */
  readonly about: string;
  readonly dependencies?: PackageParts['dependencies'];
  readonly code: string;
  readonly pipeline: string;
  readonly pipelineTest: string;
}

/** A package with a plug-in, a pipeline that uses it, and a test of that. */
export function pipelinePackage(scaffold: Scaffold, parts: PipelinePackage): Files {
  const { kind, about, dependencies = {} } = parts;
  return {
    [codeFile(scaffold)]: `${scaffold.typescript ? '' : '// @ts-check\n'}${parts.code}`,
    'pipeline.yaml': parts.pipeline,
    'pipeline.test.yaml': parts.pipelineTest,
    ...packageFiles(scaffold, {
      ...{ kind, dependencies, readme: readmeOf(scaffold, kind, about) },
      test: 'kronflow test pipeline.test.yaml',
    }),
  };
}

function codeFile({ name, typescript }: Scaffold): string {
  return `${name}.${typescript ? 'ts' : 'js'}`;
}

/** README.md of a package: what it is, how to test it, run it and read about it. */
function readmeOf(scaffold: Scaffold, kind: PluginKind, about: string): string {
  return `# ${scaffold.name}

${about}

\`\`\`sh
npm install
npm test
npx kronflow run pipeline.yaml -o traces/1
npx kronflow help ${kind} ${referenceOf(scaffold)}
\`\`\`
`;
}

/** package.json, README.md and, in TypeScript, tsconfig.json. */
export function packageFiles(scaffold: Scaffold, { kind, test, dependencies, readme }: PackageParts): Files {
  const { name, typescript } = scaffold;
  const kronflow = `^${VERSION}`;
  const manifest = {
    name: `kronflow-${name}`,
    version: '0.1.0',
    description: `A ${kind} for kronflow`,
    type: 'module',
    exports: moduleOf(scaffold),
    ...(typescript ? { files: ['dist'] } : {}),
    scripts: typescript ? { build: 'tsc', test: `tsc && ${test}` } : { test },
    dependencies: { ...dependencies, zod: ZOD },
    peerDependencies: { kronflow },
    devDependencies: {
      ...(typescript ? { '@types/node': NODE_TYPES } : {}),
      kronflow,
      ...(typescript ? { typescript: TYPESCRIPT } : {}),
    },
  };
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'README.md': readme,
    ...(typescript ? { 'tsconfig.json': TSCONFIG } : {}),
  };
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2023"],
    "module": "nodenext",
    "types": ["node"],
    "outDir": "dist",
    "strict": true,
    "skipLibCheck": true,
    "verbatimModuleSyntax": true
  },
  "include": ["*.ts"]
}
`;
