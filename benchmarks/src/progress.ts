import type { Step } from './turns.ts'
import type { WriteStream } from 'node:tty'

/** Clears the line that the cursor is in. */
const CLEAR_LINE = '\r\u001b[K'

const MS_PER_MINUTE = 60_000

export interface Progress {
  onProgress (step: Step): void
  /** Leaves the output as if there had been no progress. */
  clear (): void
}

export interface ProgressInit {
  /** What is being run, before everything else in the line. */
  title: string
  /** Milliseconds of a clock that never goes back. */
  now? (): number
}

/** A line that is written over on a terminal; nothing elsewhere, where it would only fill a log. */
export function progressLine (output: WriteStream, { title, now = () => performance.now() }: ProgressInit): Progress {
  if (!output.isTTY) {
    return { onProgress: () => {}, clear: () => {} }
  }

  const started = now()

  return {
    onProgress: (step) => { output.write(`${CLEAR_LINE}${formatStep(title, step, now() - started).slice(0, output.columns - 1)}`) },
    clear: () => { output.write(CLEAR_LINE) }
  }
}

/** What is left is told from how long it took so far: turns that take longer come in every round. */
export function formatStep (title: string, { text, done, total }: Step, elapsedMs: number): string {
  const left = done === 0 ? '' : `, ${formatMinutes(elapsedMs / done * (total - done))} left`

  return `${title}: ${done} of ${total}${left}: ${text}`
}

function formatMinutes (ms: number): string {
  return ms < MS_PER_MINUTE ? 'less than a minute' : `about ${Math.round(ms / MS_PER_MINUTE)} min`
}
