/** The doc comment of what `text` exports with `declaration`, without stars and margins; null where there is none. */
export function docCommentOf(text: string, declaration: RegExp): string | null {
  const at = text.search(declaration);
  const end = at < 0 ? -1 : text.lastIndexOf('*/', at);
  const start = end < 0 ? -1 : text.lastIndexOf('/**', end);
  if (start < 0 || text.slice(end + 2, at).trim() !== '') return null;
  return text
    .slice(start + 3, end)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/**
 * A doc comment as Markdown: paragraphs and lists as they are, lines that stand in from the margin as blocks, so that
 * formulas keep their shape. `link` may turn words into links; it sees prose only.
 */
export function toMarkdown(comment: string, link: (prose: string) => string = (prose) => prose): string {
  const out: string[] = [];
  let [block, list] = [false, false];
  for (const line of comment.split('\n')) {
    const item = line.startsWith('- ');
    list = line !== '' && (item || (list && line.startsWith(' ')));
    const indented = line.startsWith('  ') && !list;
    if (indented !== block) out.push(...(indented ? ['', '```text'] : ['```', '']));
    block = indented;
    if (item && out.length > 0 && !out.at(-1)!.startsWith(' ') && !out.at(-1)!.startsWith('- ')) out.push('');
    out.push(indented ? line.slice(2) : outsideCode(line, link));
  }
  if (block) out.push('```');
  return out
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** Keep stars and angle brackets from meaning something in Markdown, but for what stands in backticks. */
function outsideCode(line: string, link: (prose: string) => string): string {
  return line
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : link(part.replaceAll(/[*<|]/g, '\\$&'))))
    .join('');
}
