export { rowText, type Finding } from './finding.js';
export { runTestFile, type FileResult, type TestResult } from './run-tests.js';
