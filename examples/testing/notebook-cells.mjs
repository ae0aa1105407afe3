/** The cells of a program whose cells begin with `// %%`, those of text with `// %% [markdown]`, as of a notebook. */
export function cellsOf(program) {
  const pieces = program.split(/^\/\/ %%/m).slice(1);
  return pieces.map((piece) => {
    const [head, ...lines] = piece.trimEnd().split('\n');
    if (head.trim() !== '[markdown]') return { cell_type: 'code', source: lines.join('\n') };
    return { cell_type: 'markdown', source: lines.map((line) => line.replace(/^\/\/ ?/, '')).join('\n') };
  });
}

/** A notebook of these cells, without outputs: those are made where it runs. */
export function notebookOf(cells) {
  const code = { execution_count: null, outputs: [] };
  return {
    cells: cells.map(({ cell_type, source }, i) => ({
      ...{ cell_type, id: `cell-${i}`, metadata: {} },
      ...(cell_type === 'code' ? code : {}),
      source: source.split('\n').map((line, at, all) => (at < all.length - 1 ? `${line}\n` : line)),
    })),
    metadata: {
      kernelspec: { display_name: 'JavaScript', language: 'javascript', name: 'javascript' },
      language_info: { name: 'javascript' },
    },
    ...{ nbformat: 4, nbformat_minor: 5 },
  };
}
