import type { Files, Scaffold } from './names.js';

/** A pipeline file, and a file of tests for it. */
export function pipelineFiles({ name }: Scaffold): Files {
  return { [`${name}.yaml`]: pipeline(name), [`${name}.test.yaml`]: tests(name) };
}

function pipeline(name: string): string {
  return `# kronflow run ${name}.yaml; kronflow run ${name}.yaml --set tokens=50; kronflow schema lists every key
kronflow: 1
description: three caches of 64 tokens beside exact attention
source: { name: clustered, n: 300, d: 16, heads: 1 } # or { name: text, path: book.txt }; kronflow list sources
caches: # kronflow list caches
  - { name: four-cache }
  - { name: window, size: 64 }
  - { name: heavy-hitter, size: 64 }
  - { name: random, size: 64 }
seed: 1
`;
}

function tests(name: string): string {
  return `# kronflow test ${name}.test.yaml
kronflow: 1
pipeline: ./${name}.yaml
tests:
  - name: the exact cache is exact, the others keep their budget
    source: { name: gaussian, n: 80, d: 8, heads: 1 }
    expect:
      rows: 320 # a row per cache, head and step
      columns: { kept_side1: { max: 80 } }
      caches:
        four-cache: { err_rel_l2: { max: 1.0e-5 } }
        window: { kept_side1: { equals: 64, at: last }, err_rel_l2: { max: 1.0e-5, at: [0, 63] } }
  - name: an option that a cache does not have is refused
    set: { 'caches[1].sise': 64 }
    expect: { failure: { code: bad-option, text: did you mean "size" } }
`;
}
