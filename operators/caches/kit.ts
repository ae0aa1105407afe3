// kronflow/caches: the pieces that the built-in caches are made of, for caches of your own. A policy that keeps some
// tokens of each side is then what `take` of a side does; bytes, budgets, snapshots and plans come from here.
export { column, type Column } from './keeping/column.js';
export { entryRows, type EntryRows } from './keeping/entry-rows.js';
export { gridFlops, massFlops, rowsFlops } from './keeping/flops.js';
export { keptRows, type KeptRows, type Keeping } from './keeping/kept-rows.js';
export { beforeRecent, recent } from './keeping/recent.js';
export { savedNumbers, savedRandom, savedRows, savedTogether, type Saved } from './keeping/saved-state.js';
export { selectingCache, type SelectingCache, type SelectingSide } from './keeping/selecting-cache.js';
export {
  allowances,
  refuseSmallBudgets,
  sideBudgets,
  sidesWithin,
  sizeWithin,
  type AtomCost,
  type SideBudgets,
} from './keeping/side-budgets.js';
export { sideCount, sidesOf, type SideEntry } from './keeping/sides.js';
