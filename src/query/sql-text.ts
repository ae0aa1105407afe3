/** A string as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an identifier of SQL, whatever it consists of. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
