import type { Page } from 'playwright-core';

/** How far two pictures are from each other. */
export interface Difference {
  readonly sameSize: boolean;
  /** Share of blocks of 8 × 8 pixels whose mean colour differs by more than a tenth of full scale. */
  readonly share: number;
}

/**
 * Compare two PNGs in the browser, block by block: what fonts and antialiasing change from machine to machine is small in the
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
      const canvas = document.createElement('canvas');
      const [width, height] = [Math.floor(image.width / block), Math.floor(image.height / block)];
      [canvas.width, canvas.height] = [width, height];
      const context = canvas.getContext('2d')!;
      context.imageSmoothingQuality = 'high';
      context.drawImage(image, 0, 0, width, height);
      return { width, height, data: context.getImageData(0, 0, width, height).data };
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
