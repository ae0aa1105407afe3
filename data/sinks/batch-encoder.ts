import { RecordBatchStreamWriter, type RecordBatch } from 'apache-arrow';

/**
 * Arrow IPC stream messages as exact bytes, one batch at a time. The writers of apache-arrow keep an unbounded
 * queue, so "written" would not mean "on disk"; here nothing is kept. The first batch brings the schema along.
 */
export class BatchEncoder extends RecordBatchStreamWriter {
  #parts: Uint8Array[] = [];

  constructor() {
    super({ autoDestroy: false });
  }

  /** The bytes of a batch, copied out of it: its memory may change afterwards. */
  encode(batch: RecordBatch): Buffer {
    return Buffer.concat(this.parts(batch));
  }

  /** The bytes of a batch as views on its own memory, to be used before that changes. */
  parts(batch: RecordBatch): readonly Uint8Array[] {
    this.write(batch);
    this._recordBatchBlocks.length = 0; // meant for the footer of a file; it would grow for ever
    return this.#take();
  }

  /** The bytes that end the stream. */
  end(): Buffer {
    this.reset(this._sink, null);
    return Buffer.concat(this.#take());
  }

  #take(): readonly Uint8Array[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (!this._started || chunk.byteLength === 0) return this;
    this.#parts.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this._position += chunk.byteLength;
    return this;
  }
}
