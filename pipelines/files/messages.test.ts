import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderOfPipelines, refusal, small } from './testing/folder-of-pipelines.js';

let folder = folderOfPipelines();
folder.leave();
beforeEach(() => void (folder = folderOfPipelines()));
afterEach(() => folder.leave());

type Files = Readonly<Record<string, string>>;

const one = (text: string): Files => ({ 'mine.yaml': text });
const withPlugin = (name: string, text: string): Files => ({
  'mine.yaml': small().replace('- name: window', `- name: ./${name}.mjs#mine`),
  [`${name}.mjs`]: text,
});

/** What users do, each of it a mistake. The first file is the one that is run. */
const MISTAKES: Readonly<Record<string, Files>> = {
  'wrong indent: a line that belongs to nothing': one(small().replace('\n    delta', '\n   delta')),
  'wrong indent: a line too deep': one(small().replace('\ntokens', '\n  tokens')),
  'wrong indent: a map that lost its keys': one(
    'kronflow: 1\nsource:\nname: gaussian\nd: 4\ncaches: [{ name: window }]\n',
  ),
  'a tab': one(small().replace('\n    delta', '\n\tdelta')),
  'a key twice': one(small('tokens: 6\n')),
  'a number as text': one(small().replace('tokens: 5', 'tokens: "5"')),
  'a word for true': one(small('trace: { outputs: yes }\n')),
  'a value of another type': one(small().replace('delta: 0.5', 'delta: [0.5]')),
  'a value that breaks a rule': one(small().replace('delta: 0.5', 'delta: -1')),
  'a choice that there is not': one(small('reference: f32\n')),
  'a map where a list belongs': one('kronflow: 1\nsource: { name: gaussian }\ncaches:\n  name: window\n'),
  'a name where a list of caches belongs': one('kronflow: 1\nsource: gaussian\ncaches: window\n'),
  'an unknown cache': one(small().replace('subgen4', 'sbgen4')),
  'an unknown source': one(small().replace('gaussian', 'gausian')),
  'an unknown key': one(small('seeds: 3\n')),
  'an unknown option': one(small().replace('delta', 'detla')),
  'an option that is missing': one(small().replace('gaussian, d: 4, heads: 1', 'ids')),
  'several mistakes': one(small('seeds: 3\n').replace('tokens: 5', 'tokens: -5').replace('delta', 'detla')),
  'no caches': one(small().split('caches:')[0]),
  'a circle of includes': {
    'mine.yaml': 'kronflow: 1\ninclude: parts/a.yaml\n',
    'parts/a.yaml': 'kronflow: 1\ninclude: [b.yaml]\n',
    'parts/b.yaml': 'kronflow: 1\ninclude: ../mine.yaml\n',
  },
  'an include that is not there': {
    'mine.yaml': 'kronflow: 1\ninclude: parts/bsae.yaml\n',
    'parts/base.yaml': small(),
  },
  'an input that is not there': {
    'mine.yaml': small().replace('gaussian, d: 4, heads: 1', 'ids, path: idz.txt'),
    'ids.txt': '1 2',
  },
  'an input that is not right': {
    'mine.yaml': small().replace('gaussian, d: 4, heads: 1', 'ids, path: ids.txt'),
    'ids.txt': '1 two',
  },
  'a variable that is not set': one(small('seed: ${SEED}\n')),
  'a variable in braces without quotes': one(small('trace: { outputs: ${OUTPUTS:true} }\n')),
  'a variable of the wrong type': one(small('seed: ${SEED:many}\n')),
  'a file of another version': one(small().replace('kronflow: 1', 'kronflow: 2')),
  'a file that is no pipeline': one('hello world\n'),
  'an empty file': one('# nothing yet\n'),
  'no file at all': { 'mien.yaml': small() },
  'two documents': one(small('---\nseed: 2\n')),
  'a size that is none': one(small('memory: lots\n')),
  'too little memory': one(small('memory: 100B\n')),
  'a prompt that takes everything': one(small('prompt: 5\n')),
  'recall without a reference': one(small('recall: 2\nreference: none\n')),
  'a size that the source decides': one(small('model: { d: 8 }\n')),
  'two caches of one label': one(small().replace('delta: 0.5', 'label: window')),
  'a budget that is too small': one(small('budgets: [8B]\n')),
  'a plug-in that is not there': one(small().replace('- name: window', '- name: ./mine.mjs#mine')),
  'a plug-in of another version': withPlugin(
    'newer',
    "export const mine = Object.assign(() => {}, { spec: { kind: 'cache', apiVersion: 2, name: 'mine' } });",
  ),
  'a plug-in that throws when it is imported': withPlugin('throws', 'export const mine = 1;\nnull.oops;\n'),
};

it('every mistake is told so that its maker can mend it', async () => {
  let text = '';
  for (const [name, files] of Object.entries(MISTAKES)) {
    folder.leave();
    folder = folderOfPipelines();
    folder.write(files);
    const before = readdirSync('.', { recursive: true });
    const said = await refusal('mine.yaml');
    text += `# ${name}\n\nkronflow: ${said.replaceAll(process.cwd(), '.')}\n\n`;
    expect(readdirSync('.', { recursive: true })).toEqual(before);
  }
  await expect(text).toMatchFileSnapshot('testing/messages.golden.txt');
});
