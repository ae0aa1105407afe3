import { distance } from 'fastest-levenshtein';

/** The known names a typed one most likely meant, best first, at most three; all names if none is near. */
export function nearest(typed: string, known: readonly string[]): readonly string[] {
  const ranked = known
    .map((name) => ({ name, far: distance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => isNear(typed, name, far))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1));
  return ranked.length > 0 ? ranked.slice(0, 3).map(({ name }) => name) : known;
}

/** A few letters off, with at least one in common; or the start of it. */
function isNear(typed: string, name: string, far: number): boolean {
  const few = Math.max(2, Math.floor(name.length / 3));
  return (far <= few && far < Math.max(typed.length, name.length)) || name.startsWith(typed);
}

/** A hint in words: `did you mean "x"?` when something is near, the whole list otherwise. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const near = nearest(typed, known);
  if (near === known)
    return known.length > 0 ? `known names: ${known.join(', ')}` : 'no names are known here';
  return `did you mean ${near.map((name) => `"${name}"`).join(' or ')}? All names: ${known.join(', ')}`;
}
