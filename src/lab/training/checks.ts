import { Failure, type FailureCode } from '../../core/failure.js';
import type { DenseMatrix } from '../matrix.js';

/** Refuse a matrix that is not (rows × columns). @throws Failure with its name and both shapes */
export function refuseShape(
  code: FailureCode,
  name: string,
  { rows, columns, data }: DenseMatrix,
  [r, c]: readonly [number, number],
): void {
  if (rows !== r || columns !== c) {
    throw new Failure(
      code,
      `${name} is ${rows} × ${columns}, and must be ${r} × ${c}`,
      'transpose or cut it',
    );
  }
  if (data.length === r * c) return;
  throw new Failure(code, `${name} is ${r} × ${c} and holds ${data.length} numbers, not ${r * c}`);
}

/** Refuse NaN and infinities. @throws Failure with the name, the place and the value */
export function refuseNonFinite(
  code: FailureCode,
  name: string,
  { columns, data }: DenseMatrix,
  hint: string,
): void {
  const at = data.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return;
  const place = `row ${Math.floor(at / columns)}, column ${at % columns}`;
  throw new Failure(code, `${name} has ${data[at]} in ${place}`, hint);
}
