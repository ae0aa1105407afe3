import { badCacheCases } from './bad-cache-cases.js';

/** Exit codes, as docs/command-line.md says them. */
export const [REFUSED, RESOURCES] = [2, 3];
/** Flags of a run that is soon done. */
export const SMALL = ['--d', '8', '--heads', '1', '--threads', '1', '-o', 'out'];
/** 5 tokens. */
export const TEXT = 'hello world this is it';

/** A command that must be refused. */
export interface Case {
  readonly args: readonly string[];
  /** What the message must say: who, which value, which rule. */
  readonly says: readonly RegExp[];
  readonly hint: RegExp;
  readonly code?: number;
  readonly stdin?: string;
}

/** By what is wrong with them, in a folder that holds text.txt, empty.txt, latin1.txt, ids.txt and folder/. */
export const cases: Readonly<Record<string, Case>> = {
  'empty text': { args: ['run', 'empty.txt', ...SMALL], says: [/empty\.txt is empty/], hint: /some text/ },
  'empty standard input': {
    args: ['run', '-', ...SMALL],
    says: [/standard input is empty/],
    hint: /some text/,
  },
  'invalid UTF-8': {
    args: ['run', 'latin1.txt', ...SMALL],
    says: [/latin1\.txt: byte 4 \(0xff\) is not valid UTF-8/],
    hint: /iconv/,
  },
  'a token id outside the vocabulary': {
    args: ['run', '--source', 'ids:path=ids.txt', ...SMALL],
    says: [/ids\.txt: line 2: "50257" is no token id of r50k \(0 to 50256/],
    hint: /encoding/,
  },
  'a text that does not exist': {
    args: ['run', 'txet.txt', ...SMALL],
    says: [/txet\.txt does not exist/],
    hint: /did you mean "text\.txt"/,
  },
  'a folder as text': { args: ['run', 'folder', ...SMALL], says: [/folder is a folder/], hint: /file/ },
  'd = 0': { args: ['run', 'text.txt', '--d', '0'], says: [/--d = "0"/, /1 to 256/], hint: /--help/ },
  'd not a number': { args: ['run', 'text.txt', '--d', 'x'], says: [/--d = "x"/, /1 to 256/], hint: /./ },
  'd = NaN': { args: ['run', 'text.txt', '--d', 'NaN'], says: [/--d = "NaN"/], hint: /./ },
  'd = 257': { args: ['run', 'text.txt', '--d', '257'], says: [/--d = "257"/, /1 to 256/], hint: /./ },
  'd = 257 of a source': {
    args: ['run', '--source', 'gaussian:d=257', '-o', 'out'],
    says: [/d = 257/, /256/],
    hint: /./,
  },
  'n beyond the budget': {
    args: ['run', 'text.txt', ...SMALL, '--memory', '1KiB', '-c', 'two-cache'],
    // 2·25·8·4 + 4·5·8·4 = 2240 bytes; with the reference 2880; at n = 2, 512 + 256 fit into 1024
    says: [
      /two-cache/,
      /2\.19 KiB at n = 5, d = 8/,
      /2·n²·d/,
      /all caches together \(with the exact reference\) 2\.81 KiB/,
      /budget of 1\.00 KiB/,
    ],
    hint: /the largest n that fits is 2: pass --tokens 2/,
    code: RESOURCES,
  },
  'n beyond what any machine can address': {
    args: ['run', '--source', 'gaussian:n=100000', '-c', 'two-cache', '-o', 'out'],
    says: [
      /two-cache would take 9\.\d+ TiB at n = 100000, d = 64/,
      /2·n²·d/,
      /shared memory of at most \d+\.\d+ GiB/,
    ],
    hint: /the largest n that fits is \d+/,
    code: RESOURCES,
  },
  'not even one token fits': {
    args: ['run', 'text.txt', ...SMALL, '--memory', '100', '-c', 'four-cache'],
    says: [/four-cache/, /budget of 100 B/],
    hint: /not even one token fits/,
    code: RESOURCES,
  },
  'an unknown cache': {
    args: ['run', 'text.txt', ...SMALL, '-c', 'for-cache'],
    says: [/cache "for-cache" does not exist/],
    hint: /did you mean "four-cache"/,
  },
  'an unknown option of a cache': {
    args: ['run', 'text.txt', ...SMALL, '-c', 'window:sise=4'],
    says: [/cache window: unknown option "sise"/],
    hint: /did you mean "size"/,
  },
  'an option of a cache out of range': {
    args: ['run', 'text.txt', ...SMALL, '-c', 'window:size=0'],
    says: [/cache window: size = 0/],
    hint: /size/,
  },
  'one label for two caches': {
    args: ['run', 'text.txt', ...SMALL, '-c', 'window', '-c', 'window'],
    says: [/label "window" names two caches/],
    hint: /label=/,
  },
  'an unknown source': {
    args: ['run', '--source', 'gausian', ...SMALL],
    says: [/source "gausian" does not exist/],
    hint: /did you mean "gaussian"/,
  },
  'an unknown command': { args: ['rnu'], says: [/unknown command 'rnu'/], hint: /did you mean run\?/ },
  'an unknown flag': {
    args: ['run', '--tokns', '3'],
    says: [/unknown option '--tokns'/],
    hint: /--tokens\?/,
  },
  'a value that is no choice': {
    args: ['run', 'text.txt', '--order', 'diagonal'],
    says: [/--order/, /'diagonal'/, /tensor, matrix/],
    hint: /kronflow run --help/,
  },
  'nothing to list': {
    args: ['list', 'cakes'],
    says: [/nothing to list as "cakes"/],
    hint: /did you mean "caches"\? All names: caches, operators, sources/,
  },
  'a source and a file': {
    args: ['run', 'text.txt', '--source', 'gaussian', ...SMALL],
    says: [/--source gaussian and a file, text\.txt/],
    hint: /name one/,
  },
  'd said twice': {
    args: ['run', '--source', 'gaussian:d=4,n=3', ...SMALL],
    says: [/gaussian:d=4/, /d = 8/],
    hint: /say it once/,
  },
  'a prompt that nothing would drive': {
    args: ['run', 'text.txt', ...SMALL, '--layers', '2', '--reference', 'none', '--prompt', '2'],
    says: [/prompt = 2 with 2 layers and reference = none/],
    hint: /--reference f64/,
  },
  'an output folder that exists': {
    args: ['run', 'text.txt', '--d', '8', '-o', 'folder'],
    says: [/folder exists already/],
    hint: /-o DIR/,
  },
  'a file as output folder': {
    args: ['run', 'text.txt', '--d', '8', '-o', 'text.txt'],
    says: [/text\.txt exists already/],
    hint: /-o DIR/,
  },
  'an output folder below a file': {
    args: ['run', 'text.txt', '--d', '8', '-o', 'text.txt/out'],
    says: [/text\.txt\/out cannot be created/, /text\.txt is a file/],
    hint: /-o DIR/,
    code: RESOURCES,
  },
  'a recording that is a text': {
    args: ['replay', 'text.txt', '-o', 'out'],
    says: [/text\.txt: this is neither Parquet nor an Arrow/],
    hint: /pyarrow/,
  },
  'a trace that is none': { args: ['inspect', 'folder'], says: [/folder is not a trace/], hint: /run -o/ },
  'a seal of nothing': { args: ['seal', 'nowhere'], says: [/nowhere is not a trace/], hint: /run -o/ },
  ...badCacheCases,
};
