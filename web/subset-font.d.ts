// SPDX-License-Identifier: EUPL-1.2
declare module "subset-font" {
  /** A font with what `text` needs of `font`, the axes cut to these bounds, and no features but these. */
  export default function subsetFont(
    font: Uint8Array,
    text: string,
    options: {
      targetFormat: "woff2";
      variationAxes: Record<string, { min: number; max: number; default: number }>;
      keepFeatures: string[];
    },
  ): Promise<Uint8Array>;
}
