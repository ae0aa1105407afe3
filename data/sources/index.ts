import type { SourcePlugin } from '../../src/core/source.js';
import { clusteredSource } from './clustered.js';
import { gaussianSource } from './gaussian.js';
import { idsSource } from './ids.js';
import { literalSource } from './literal.js';
import { needleSource } from './needle.js';
import { recordingSource } from './recording.js';
import { requestsSource } from './requests.js';
import { sphereSource } from './sphere.js';
import { textSource } from './text.js';
import { tokensSource } from './tokens.js';

/** Every source that users can name, in the order of `kronflow list sources`. */
export const sources: readonly SourcePlugin[] = [
  textSource,
  literalSource,
  idsSource,
  tokensSource,
  requestsSource,
  recordingSource,
  gaussianSource,
  sphereSource,
  clusteredSource,
  needleSource,
];

export {
  clusteredSource,
  gaussianSource,
  idsSource,
  literalSource,
  needleSource,
  recordingSource,
  requestsSource,
  sphereSource,
  textSource,
  tokensSource,
};
