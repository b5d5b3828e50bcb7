import type { Answer, Probe } from './probe.ts'

export interface Result {
  probe: Probe
  ours: Answer
  rival: Answer
}

/** One line per defect, and below it what was seen. */
export function tableOf (results: Result[], rivalName: string): string {
  const lines = [line('defect', 'ours', rivalName, 'evidence')]

  for (const { probe, ours, rival } of results) {
    lines.push(
      line(`${probe.defect}`, ours.status, rival.status, probe.title),
      line('', '', '', `ours: ${ours.evidence}`),
      line('', '', '', `rival: ${rival.evidence}`)
    )
  }

  return lines.join('\n')
}

function line (...[number, ours, rival, text]: string[]): string {
  return `${number.padEnd(8)}${ours.padEnd(12)}${rival.padEnd(14)}${text}`
}
