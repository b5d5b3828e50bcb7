import type { Step } from './turns.ts'
import type { WriteStream } from 'node:tty'

/** Clears the line that the cursor is in. */
const CLEAR_LINE = '\r\u001b[K'

const MS_PER_MINUTE = 60_000

const LOG_INTERVAL_MS = MS_PER_MINUTE

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

/** A line that is written over on a terminal; elsewhere, which is a log, one a minute and none of a run that takes less. */
export function progressLine (output: WriteStream, { title, now = () => performance.now() }: ProgressInit): Progress {
  const started = now()
  let loggedAt = started

  if (output.isTTY) {
    return {
      onProgress: (step) => { output.write(`${CLEAR_LINE}${formatStep(title, step, now() - started).slice(0, output.columns - 1)}`) },
      clear: () => { output.write(CLEAR_LINE) }
    }
  }

  return {
    onProgress: (step) => {
      if (now() - loggedAt >= LOG_INTERVAL_MS) {
        loggedAt = now()
        output.write(`${formatStep(title, step, loggedAt - started)}\n`)
      }
    },
    clear: () => {}
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
