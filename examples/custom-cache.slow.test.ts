import { it } from 'vitest';
import { checkCache } from 'kronflow/testing';
import { strided } from './custom-cache.js';

// The defaults are tested always; small budgets are given, so that something is forgotten within 60 tokens.
checkCache(strided, { options: [{ recent: 4, stride: 3 }, { recent: 1 }] }, it);
