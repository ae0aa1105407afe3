/** The paper that defines four-cache, two-cache and SubGen4Cache (TKV in math.md). */
export function tensorDecodingPaper(section: string) {
  return {
    title: 'Time and Memory Trade-off of KV-Cache Compression in Tensor Transformer Decoding',
    section,
    url: 'https://arxiv.org/abs/2503.11108',
  };
}
