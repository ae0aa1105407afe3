import { posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileFor, pageOf } from './shown-files.mjs';

const PUBLIC = 'public/';
const docs = fileURLToPath(new URL('../', import.meta.url));

/**
 * Links of pages that lead out of docs/ lead to the page that shows the file, and so do files that are named in code, such
 * as `operators/caches/window.ts`.
 */
export function codeLinks(md) {
  // VitePress checks links as it renders them: before that they must be right
  md.core.ruler.push('code-links', (state) => {
    const page = relative(docs, state.env.path ?? '').replaceAll('\\', '/');
    if (page.startsWith('source/') || page.startsWith('api/')) return;
    for (const token of state.tokens) {
      if (token.children) token.children = rewritten(token.children, posix.dirname(page), state.Token);
    }
  });
}

function rewritten(tokens, folder, Token) {
  let depth = 0; // inside a link nothing else is linked
  return tokens.flatMap((token) => {
    if (token.type === 'link_open') {
      depth++;
      const href = token.attrGet('href');
      const path = outside(href, folder);
      if (path !== null) token.attrSet('href', path);
      else if (href.startsWith(PUBLIC)) asFile(token, href);
    } else if (token.type === 'link_close') depth--;
    else if (token.type === 'code_inline' && depth === 0) return linked(token, Token);
    return [token];
  });
}

/** A file that is served as it is: the browser must load it, not the router of the site. */
function asFile(token, href) {
  token.attrSet('href', href.slice(PUBLIC.length - 1));
  token.attrSet('target', '_self');
}

/** The page of a file that a relative link names; null for every other link. */
function outside(href, folder) {
  if (!href.startsWith('.')) return null;
  const target = posix.join('docs', folder, decodeURI(href.split('#')[0]));
  const file = target.startsWith('docs/') ? null : fileFor(target);
  return file === null ? null : pageOf(file);
}

function linked(code, Token) {
  const file = /^[\w./-]+\.\w+$/.test(code.content) ? fileFor(code.content) : null;
  if (file === null) return [code];
  const [open, close] = [new Token('link_open', 'a', 1), new Token('link_close', 'a', -1)];
  open.attrSet('href', pageOf(file));
  return [open, code, close];
}
