import type { Page } from 'playwright-core';

/** How far two pictures are from each other. */
export interface Difference {
  readonly sameSize: boolean;
  /** Share of blocks of 8 × 8 pixels whose mean colour differs by more than a tenth of full scale. */
  readonly share: number;
}

/**
 * Compare what stands on the paper of two PNGs in the browser, block by block: what fonts and antialiasing change from machine to machine is small in the
 * mean of a block; a line that is missing or in another place is not.
 */
export function compareImages(page: Page, a: Buffer, b: Buffer): Promise<Difference> {
  const urls = [a, b].map((png) => `data:image/png;base64,${png.toString('base64')}`);
  return page.evaluate(async ([first, second]) => {
    const block = 8;
    const read = async (url: string) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const whole = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
      whole.drawImage(image, 0, 0);
      const { data } = whole.getImageData(0, 0, image.width, image.height);
      let [left, top, right, bottom] = [image.width, image.height, 0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if ([0, 1, 2].every((k) => Math.abs(data[i + k] - data[k]) < 8)) continue; // the paper, as in the first corner
        const [x, y] = [(i / 4) % image.width, Math.floor(i / 4 / image.width)];
        [left, right] = [Math.min(left, x), Math.max(right, x)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      }
      const [width, height] = [Math.floor((right - left) / block), Math.floor((bottom - top) / block)];
      const small = new OffscreenCanvas(width, height).getContext('2d')!;
      small.imageSmoothingQuality = 'high';
      small.drawImage(image, left, top, width * block, height * block, 0, 0, width, height);
      return { width, height, data: small.getImageData(0, 0, width, height).data };
    };
    const [one, two] = await Promise.all([read(first), read(second)]);
    if (Math.abs(one.width - two.width) > 1 || Math.abs(one.height - two.height) > 4)
      return { sameSize: false, share: 1 };
    const [width, height] = [Math.min(one.width, two.width), Math.min(one.height, two.height)];
    let different = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [i, j] = [4 * (y * one.width + x), 4 * (y * two.width + x)];
        const most = Math.max(...[0, 1, 2].map((k) => Math.abs(one.data[i + k] - two.data[j + k])));
        different += Number(most > 25);
      }
    return { sameSize: true, share: different / (width * height) };
  }, urls);
}
