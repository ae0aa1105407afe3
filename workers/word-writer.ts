/** Numbers that are written one after the other; its buffer is used again from step to step. */
export class WordWriter {
  #words = new Float64Array(256);
  #length = 0;

  /** What was written so far; valid until the next `push`. */
  get words(): Float64Array {
    return this.#words.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  push(word: number): void {
    if (this.#length === this.#words.length) this.#grow();
    this.#words[this.#length++] = word;
  }

  /** Overwrite a word that was pushed before. */
  set(at: number, word: number): void {
    this.#words[at] = word;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#words.length);
    larger.set(this.#words);
    this.#words = larger;
  }
}
