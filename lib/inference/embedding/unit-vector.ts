/** The vector of the same direction whose length is one; a vector of zeros as it is. */
export function unitVector(vector: readonly number[]): readonly number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
