import { readFileSync, writeFileSync } from 'node:fs';
import { cellsOf, notebookOf } from './notebook-cells.mjs';

// node examples/testing/write-notebook.mjs: the notebook again, from the program that has its cells.
const cells = cellsOf(readFileSync('examples/notebook.mjs', 'utf8'));
writeFileSync('examples/notebook.ipynb', `${JSON.stringify(notebookOf(cells), null, 1)}\n`);
