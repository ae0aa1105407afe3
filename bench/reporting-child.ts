import { makeReport } from '../src/report/make-report.js';

/** What reporting.ts reads from the standard output of this process. */
export interface ReportingReport {
  readonly ms: number;
  readonly peakRssBytes: number;
}

// A process of its own, because resident memory is counted by process, and the rows were made in another.
const [dir, path] = process.argv.slice(2);
const start = performance.now();
await makeReport([dir], path);
const report: ReportingReport = {
  ms: performance.now() - start,
  peakRssBytes: 1024 * process.resourceUsage().maxRSS, // counted in KiB
};
console.log(JSON.stringify(report));
