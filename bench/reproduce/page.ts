/** One part of the page: a heading of the second level and what stands below it. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/** `page` with these sections in the places of those of the same titles; new ones at its end. Everything else stays. */
export function withSections(page: string, sections: readonly Section[]): string {
  const parts = page.trimEnd().split(/\n(?=## )/);
  for (const { title, text } of sections) {
    const whole = `## ${title}\n\n${text.trimEnd()}\n`;
    const at = parts.findIndex((part) => part.split('\n', 1)[0] === `## ${title}`);
    if (at < 0) parts.push(whole);
    else parts[at] = whole;
  }
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}
