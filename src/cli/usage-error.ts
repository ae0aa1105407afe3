/**
 * What commander says of a wrong command line, in the form of every other error of kronflow: who and which rule,
 * then a hint. Its own suggestion becomes the hint; without one the help of the command does.
 */
export function usageError(text: string, command: string): string {
  const what = text.trim().replace(/^error: /, '');
  const [, said, suggestion] = /^(.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(what)!;
  const names = suggestion?.replace(/^one of /, '').replaceAll(', ', ' or ');
  const hint = names === undefined ? `see ${command} --help` : `did you mean ${names}?`;
  return `kronflow: ${said}\n  hint: ${hint}\n`;
}
