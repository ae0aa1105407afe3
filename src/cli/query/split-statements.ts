/** Text that may be several statements of SQL: those that a semicolon ends, and what is left. */
export interface SplitText {
  readonly statements: readonly string[];
  readonly rest: string;
}

// What hides a semicolon: texts, names, dollar quotes, comments. One that is not closed hides all that follows.
const HIDING =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$(\w*)\$[^]*?(?:\$\1\$|$)|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$)|;/g;

/** Cut text after each semicolon that ends a statement; DuckDB itself says later what the statements are. */
export function splitStatements(text: string): SplitText {
  const statements: string[] = [];
  let start = 0;
  for (const { 0: found, index } of text.matchAll(HIDING)) {
    if (found !== ';') continue;
    statements.push(text.slice(start, index + 1).trim());
    start = index + 1;
  }
  return {
    statements: statements.filter((statement) => statement !== ';'),
    rest: text.slice(start).trimStart(),
  };
}
