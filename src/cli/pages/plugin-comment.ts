import { existsSync, readFileSync } from 'node:fs';
import type { PluginKind } from '../../core/plugin.js';
import { docCommentOf } from './doc-comment.js';

/** Where plug-ins of kronflow stand, one file each, named after it. */
const FOLDERS: Partial<Readonly<Record<PluginKind, string>>> = {
  cache: 'operators/caches',
  source: 'data/sources',
  operator: 'operators/measures',
};

/** The doc comment of a plug-in of kronflow: from its declarations, which the package holds, or from its source. */
export function builtInComment(kind: PluginKind, name: string): string | null {
  const folder = FOLDERS[kind];
  if (folder === undefined) return null;
  const file = ['d.ts', 'ts']
    .map((ending) => new URL(`../../../${folder}/${name}.${ending}`, import.meta.url))
    .find((url) => existsSync(url));
  if (file === undefined) return null;
  const exported = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const declaration = new RegExp(`^export (declare )?(const|function) ${exported}(Source)?\\b`, 'm');
  return docCommentOf(readFileSync(file, 'utf8'), declaration);
}
