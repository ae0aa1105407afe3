import { readFileSync } from 'node:fs';

const docs = new URL('../', import.meta.url);

/** Pictures of docs/pictures stand in the page itself, so that they follow its light or dark. */
export function pictures(md) {
  const usual = md.renderer.rules.image;
  md.renderer.rules.image = (tokens, i, ...rest) => {
    const name = /pictures\/([\w-]+\.svg)$/.exec(tokens[i].attrGet('src'))?.[1];
    if (name === undefined) return usual(tokens, i, ...rest);
    const svg = readFileSync(new URL(`pictures/${name}`, docs), 'utf8');
    const label = md.utils.escapeHtml(tokens[i].content);
    return svg
      .replace(/<style>[^]*?<\/style>/, '')
      .replace('<svg ', `<svg class="picture" role="img" aria-label="${label}" `);
  };
}
