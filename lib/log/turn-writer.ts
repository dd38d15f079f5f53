/**
 * A function that writes lines at the end of the turn of the event loop, all of the turn at once: writing to a pipe or
 * a file waits for the kernel, which costs as much as the rest of a small request.
 */
export function turnWriter(write: (text: string) => void): (line: string) => void {
  let waiting = '';
  const flush = () => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') write(lines);
  };
  process.on('exit', flush);
  return (line) => {
    if (waiting === '') setImmediate(flush);
    waiting += `${line}\n`;
  };
}
