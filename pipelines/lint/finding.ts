/** Something about a trace that should not be so. */
export interface Finding {
  /** `broken`: a law does not hold. `note`: allowed, but somebody should look. */
  readonly severity: 'broken' | 'note';
  /** The law of docs/laws.md, or what was looked at: `L1`, `checksum`, `clock`, `NaN`, `dead column`. */
  readonly rule: string;
  /** File and first row where there is one, and what is wrong with it. */
  readonly message: string;
}

/** Told of findings; of one rule and column only the first is kept. */
export interface Findings {
  broken(rule: string, about: string, message: string): void;
  note(rule: string, about: string, message: string): void;
  list(): readonly Finding[];
}

/** An empty list of findings. `about` tells findings of one rule apart. */
export function findings(): Findings {
  const found = new Map<string, Finding>();
  const add = (severity: Finding['severity']) => (rule: string, about: string, message: string) => {
    const key = `${rule}/${about}`;
    if (!found.has(key)) found.set(key, { severity, rule, message });
  };
  return { broken: add('broken'), note: add('note'), list: () => [...found.values()] };
}
