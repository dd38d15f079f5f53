const units = ['B', 'KB', 'MB', 'GB', 'TB'];
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `512 MB`, `1.5 GB`; powers of 1024, as the service has them. */
export function size(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${amount < 10 && power > 0 ? Number(amount.toFixed(1)) : Math.round(amount)} ${units[power]}`;
}

/** `3 ms`, `1.5 s`, `12 m`, `3 h 20 m`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < second) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < minute) return `${Number((ms / second).toFixed(1))} s`;
  if (ms < hour) return pair(ms, { unit: minute, name: 'm' }, { unit: second, name: 's' });
  if (ms < day) return pair(ms, { unit: hour, name: 'h' }, { unit: minute, name: 'm' });
  return pair(ms, { unit: day, name: 'd' }, { unit: hour, name: 'h' });
}

interface Unit {
  readonly unit: number;
  readonly name: string;
}

function pair(ms: number, large: Unit, small: Unit): string {
  const rest = Math.floor((ms % large.unit) / small.unit);
  const whole = `${Math.floor(ms / large.unit)} ${large.name}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small.name}`;
}

/** `now`, `40 s ago`, `3 m ago`, `2 d ago`. */
export function age(ms: number): string {
  const [unit, name] = (
    [
      [day, 'd'],
      [hour, 'h'],
      [minute, 'm'],
      [second, 's'],
    ] as const
  ).find(([each]) => ms >= each) ?? [second, 's'];
  const amount = Math.floor(ms / unit);
  return amount <= 0 ? 'now' : `${amount} ${name} ago`;
}

/** `1 worker`, `3 workers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
