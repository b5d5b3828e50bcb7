import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { countOutcomes } from '../runner/outcome.ts'
import { LEGEND, suiteTables } from './matrix.ts'
import { markdownTable } from './table.ts'
import type { Environment } from './environment.ts'
import type { SuiteName } from '../runner/cell.ts'
import type { Outcome } from '../runner/outcome.ts'

export interface Results {
  environment: Environment
  /** Peers by name: the versions of their libraries. */
  versions: Record<string, string>
  /** Names of toolchains. */
  missingToolchains: string[]
  /** Peers by name: why they did not build. */
  buildFailures: Record<string, string>
  seed: number
  profile: string
  /** Cells whose id has one of these in it were left out. */
  ignored: string[]
  outcomes: Outcome[]
}

/** Writes `results.json`, `results.csv` and `results.md`. */
export async function saveResults (folder: string, results: Results): Promise<void> {
  await Promise.all([
    writeFile(join(folder, 'results.json'), `${JSON.stringify(toJson(results), undefined, 2)}\n`),
    writeFile(join(folder, 'results.csv'), toCsv(results.outcomes)),
    writeFile(join(folder, 'results.md'), toMarkdown(results))
  ])
}

function toJson ({ outcomes, ...results }: Results): unknown {
  return {
    ...results,
    counts: countOutcomes(outcomes),
    outcomes: outcomes.map(({ cell, ...outcome }) => ({ id: cell.id, suite: cell.suite, dialer: cell.dialer, listener: cell.listener, row: cell.row, ...outcome }))
  }
}

/**
 * The columns of libp2p's test-plans, `name,outcome,error`; its renderer takes a name that is not there for a cell that was not tested,
 * and anything but `success` for red.
 */
export function toCsv (outcomes: Outcome[]): string {
  const lines = outcomes.filter(({ status }) => status !== 'skipped')
    .map(({ cell, status, reason = '' }) => [cell.id, status === 'passed' ? 'success' : 'failure', reason].map(quoted).join(','))

  return ['name,outcome,error', ...lines, ''].join('\n')
}

/** RFC 4180 */
function quoted (text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function toMarkdown (results: Results): string {
  const { environment, outcomes, versions, seed, profile } = results
  const { passed, failed, skipped } = countOutcomes(outcomes)
  const suites = [...new Set(outcomes.map(({ cell }) => cell.suite))]

  return [
    `${environment.date.slice(0, 10)}, ${environment.cores} x ${environment.cpuModel}, ${environment.system}, Node.js ${environment.node}, commit ${environment.commit}, profile ${profile}, seed ${seed}: ${passed} passed, ${failed} failed, ${skipped} skipped.`,
    markdownTable(['peer', 'libraries'], Object.entries(versions)),
    ...gaps(results),
    LEGEND,
    ...suites.flatMap((suite) => suiteSection(suite, outcomes)),
    ...list('Failed', outcomes, 'failed'),
    ...list('Failed for a known reason', outcomes, 'known'),
    ...list('Not tested', outcomes, 'skipped')
  ].join('\n\n') + '\n'
}

function gaps ({ missingToolchains, buildFailures, ignored }: Results): string[] {
  return [
    ...ignored.map((text) => `**Left out by \`--ignore\`:** cells whose name has \`${text}\` in it.`),
    ...missingToolchains.map((name) => `**Missing here: ${name}.** Its cells are not tested.`),
    ...Object.entries(buildFailures).map(([peer, reason]) => `**${peer} does not build**: ${reason}`)
  ]
}

function suiteSection (suite: SuiteName, outcomes: Outcome[]): string[] {
  const notes = outcomes.filter(({ cell }) => cell.suite === suite).flatMap(({ cell, result }) => result?.notes == null ? [] : [`### ${cell.id}`, result.notes])

  return [`## ${suite}`, suiteTables(suite, outcomes), ...notes]
}

function list (title: string, outcomes: Outcome[], status: Outcome['status']): string[] {
  const reasons = Map.groupBy(outcomes.filter((outcome) => outcome.status === status), ({ reason = '' }) => reason)

  if (reasons.size === 0) {
    return []
  }

  return [`## ${title}`, [...reasons].map(([reason, outcomes]) => `- ${outcomes.map(({ cell }) => cell.id).join(', ')}: ${reason}`).join('\n')]
}
