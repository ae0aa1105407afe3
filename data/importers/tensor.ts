import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../src/core/failure.js';
import { decodeFloats, FLOAT_BYTES, type FloatType } from './floats.js';

/** A named array in a file. Nothing of it has been read. */
export interface Tensor {
  readonly path: string;
  readonly name: string;
  /** Null: not floating point; then `typeName` says what it is, and it cannot be read. */
  readonly type: FloatType | null;
  readonly typeName: string;
  readonly shape: readonly number[];
  /** Numbers between neighbours along each axis, in storage order: C and Fortran order differ only here. */
  readonly strides: readonly number[];
  /** Check or unpack what must be before the first `read`: a checksum, a compressed member. */
  prepare?(): Promise<void>;
  /** Fill `into` with the numbers from `at` on, in storage order. @throws Failure when the file has shrunk */
  read(at: number, into: Float32Array): Promise<void>;
}

/** An open file of tensors. */
export interface TensorFile {
  readonly path: string;
  readonly tensors: readonly Tensor[];
  /** What the file says about itself, by key. */
  readonly metadata: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Where the numbers of a tensor lie. */
export interface Storage {
  readonly handle: FileHandle;
  readonly path: string;
  readonly name: string;
  readonly type: FloatType;
  readonly bigEndian: boolean;
  /** Byte of the first number. */
  readonly start: number;
}

/** A file that cannot be imported as it is. */
export function badInput(path: string, what: string, hint: string, cause?: unknown): Failure {
  return new Failure('bad-input', `${path}: ${what}`, hint, { cause });
}

/** Read numbers of a tensor: straight into place where they are float32, through a decoder otherwise. */
export async function readFloats(from: Storage, at: number, into: Float32Array): Promise<void> {
  const { handle, path, name, type, bigEndian, start } = from;
  const position = start + at * FLOAT_BYTES[type];
  const direct = type === 'f32' && !bigEndian;
  const bytes = direct
    ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    : new Uint8Array(into.length * FLOAT_BYTES[type]);
  await readExact(handle, path, bytes, position, `tensor ${name}`);
  if (!direct) decodeFloats(bytes, type, bigEndian, into);
}

/** Fill `bytes` from `position` on. @throws Failure when the file ends before that */
export async function readExact(
  handle: FileHandle,
  path: string,
  bytes: Uint8Array,
  position: number,
  what: string,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const most = Math.min(bytes.length - at, 1 << 30);
    const { bytesRead } = await handle.read(bytes, at, most, position + at);
    if (bytesRead === 0)
      throw badInput(path, `${what} ends at byte ${position + at}: the file is cut`, 'copy it again');
    at += bytesRead;
  }
}

/** Numbers in a shape; NaN when more than can be counted. */
export function countOf(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : NaN;
}

/** Strides of a dense array, last axis fastest (C) or first axis fastest (Fortran). */
export function stridesOf(shape: readonly number[], fortran: boolean): readonly number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = fortran ? i : shape.length - 1 - i;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}
