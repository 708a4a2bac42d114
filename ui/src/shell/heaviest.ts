// Which networks of a brush are worth a pin. Pure.

/** The heaviest of some dots, the first of equals; without those that are no source. */
export function heaviest(
  dots: ArrayLike<number>,
  weight: ArrayLike<number>,
  count: number,
): number[] {
  return Array.from(dots)
    .filter((dot) => weight[dot] > 0)
    .sort((a, b) => weight[b] - weight[a] || a - b)
    .slice(0, count);
}
