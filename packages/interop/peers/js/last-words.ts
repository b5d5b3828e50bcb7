/** A line of a stack, as libp2p puts them into the text of some errors. */
const STACK_LINE = /^\s*at\s/

/** Why a program ends, in one line: the harness reads the last one of standard error. */
export function lastWords (err: unknown): string {
  if (!(err instanceof Error)) {
    return String(err)
  }

  return `${err.name}: ${err.message}`.split('\n')
    .filter((line) => !STACK_LINE.test(line))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
}
