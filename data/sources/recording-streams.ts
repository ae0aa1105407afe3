import type { Data } from 'apache-arrow';
import type { RecordingFile } from './recording-format.js';

/**
 * The stream of each of the first `limit` steps, from the column stream_id alone; null where only reading every
 * row would tell (Arrow), and where the column holds nulls, which a replay refuses by itself.
 */
export async function readStreamIds(
  { rows, batches }: RecordingFile,
  rowsPerStep: number,
  limit: number,
): Promise<Float64Array | null> {
  if (rows === null) return null;
  const ids = new Float64Array(Math.min(limit, Math.floor(rows / rowsPerStep)));
  let firstRow = 0;
  for await (const batch of batches(['stream_id'])) {
    const column = batch.getChild('stream_id')?.data[0] as Data | undefined;
    if (column === undefined || column.nullCount > 0) return null;
    for (let row = -firstRow % rowsPerStep; row < batch.numRows; row += rowsPerStep) {
      if (row < 0) continue; // the rest of a step that began in the batch before
      const step = (firstRow + row) / rowsPerStep;
      if (step >= ids.length) return ids;
      ids[step] = Number((column.values as ArrayLike<number | bigint>)[row]);
    }
    firstRow += batch.numRows;
  }
  return ids;
}
