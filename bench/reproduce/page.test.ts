import { expect, it } from 'vitest';
import { withSections } from './page.js';

const page = '# Results\n\nHead.\n\n## One\n\nFirst.\n\n### Deeper\n\nOf one.\n\n## Two\n\nSecond.\n';

it('puts a section in the place of the one of its title, with all that stood below that', () => {
  const found = withSections(page, [{ title: 'One', text: 'Anew.' }]);
  expect(found).toBe('# Results\n\nHead.\n\n## One\n\nAnew.\n\n## Two\n\nSecond.\n');
});

it('adds a section that the page does not have', () => {
  expect(withSections(page, [{ title: 'Three', text: 'Third.\n' }])).toBe(`${page}\n## Three\n\nThird.\n`);
  expect(withSections(page, [])).toBe(page);
});
