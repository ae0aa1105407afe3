import type { ImportOptions, LossReport, OpenImport } from './importer.js';
import { liftedLength, lifted, parseLift } from './lift.js';
import { pieceBatch } from './recording-batch.js';
import { caveats, told } from './provenance-text.js';
import { provenanceOf, recordingSchema, SAID, type RecordingHeader } from './recording-header.js';
import { planTensors, type TensorPlan } from './tensor-plan.js';
import { tensorRows } from './tensor-rows.js';
import { badInput, type TensorFile } from './tensor.js';
import { zeroWatch } from './zero-watch.js';

/** Import files of tensors, opened by `open`, as one recording: shards are one model. */
export function tensorImport(open: (path: string) => Promise<TensorFile>) {
  return async (paths: readonly string[], options: ImportOptions): Promise<OpenImport> => {
    const files: TensorFile[] = [];
    const close = async () => void (await Promise.all(files.map((file) => file.close())));
    try {
      for (const path of paths) files.push(await open(path));
      return { ...understand(files, options), close };
    } catch (error) {
      await close();
      throw error;
    }
  };
}

function understand(files: readonly TensorFile[], options: ImportOptions): Omit<OpenImport, 'close'> {
  const path = files.map((file) => file.path).join(', ');
  const metadata = new Map(files.flatMap((file) => [...file.metadata]));
  const toldHeads = metadata.get('kronflow.kv_heads') ?? metadata.get('kv_heads') ?? null;
  const plan = planTensors(
    files.flatMap(({ tensors }) => tensors),
    { ...options, kvHeads: options.kvHeads ?? toldHeads, axes: options.axes ?? metadata.get('axes') ?? null },
  );
  const said = provenanceOf(path, metadata, options, plan.d);
  const lift = parseLift(options.lift);
  const isTensor = plan.parts.includes('k2');
  if (lift !== null && isTensor)
    throw badInput(path, `--lift ${lift}, but it has a side 2 of its own`, 'leave out --lift');
  const header: RecordingHeader = {
    ...said,
    layers: plan.layers,
    heads: plan.heads,
    d: liftedLength(lift, plan.d),
    order: isTensor || lift !== null ? 'tensor' : 'matrix',
    lift: lift ?? said.lift,
    kvHeads: plan.kvHeads,
    tokenIds: false,
  };
  if (header.order === 'matrix' && (header.k2Bias !== null || header.v2Bias !== null))
    throw badInput(
      path,
      'a bias of side 2 is given, but there is no side 2',
      'leave out --k2-bias and --v2-bias',
    );
  const schema = recordingSchema(header);
  const watch = zeroWatch();
  return {
    schema,
    async *batches() {
      for await (const piece of tensorRows(plan)) {
        watch.look(piece);
        yield pieceBatch(schema, header, lift === null ? piece : lifted(piece, lift, plan.d));
      }
    },
    report: () => reportOf(plan, header, metadata, watch.warnings()),
  };
}

function reportOf(
  plan: TensorPlan,
  header: RecordingHeader,
  metadata: ReadonlyMap<string, string>,
  warnings: readonly string[],
): LossReport {
  const known = ['order', 'd', 'heads', 'layers', 'schema_version', 'table', 'format', 'axes', ...SAID];
  const rest = [...metadata.keys()].filter((key) => !known.includes(key.replace(/^kronflow\./, '')));
  return {
    carried: [
      `${plan.parts.join(', ')} of ${plan.layers} layers × ${plan.heads} heads, d = ${plan.d}`,
      ...told(header),
    ],
    lost: [
      ...plan.unused.map(
        ({ name, typeName, shape }) =>
          `tensor ${name} (${typeName} [${shape.join(', ')}]): its name is no q, k or v`,
      ),
      ...rest.map((key) => `metadata ${key}`),
      'token ids and times: tensors have none',
    ],
    warnings: [...caveats(header), ...warnings],
  };
}
