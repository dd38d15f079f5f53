import { distance } from 'fastest-levenshtein';

/** Says which of the names are like the one that was not found, or which there are when they are few. */
export function nearNames(wanted: string, names: readonly string[]): string {
  const near = names.filter(
    (name) => distance(name.toLowerCase(), wanted.toLowerCase()) <= Math.max(2, wanted.length / 3),
  );
  if (near.length > 0) return `Did you mean ${near.map(quote).join(' or ')}?`;
  return names.length === 0
    ? 'There is none.'
    : `There ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 20).map(quote).join(', ')}.`;
}

function quote(name: string): string {
  return `'${name}'`;
}
