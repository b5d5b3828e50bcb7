/** A question to an implementation, whose answer shows one of the defects of docs/defects.md or that it is not there. */
import { Lab } from './lab.ts'
import type { Factory } from './implementation.ts'
import type { LabOptions } from './lab.ts'

export type Status = 'ok' | 'defect' | 'can\'t tell'

export interface Answer {
  status: Status
  /** What was seen, in one line. */
  evidence: string
}

export interface Probe {
  /** Its number in docs/defects.md, or that it is below the numbers. */
  defect: number | 'also'
  title: string
  ask(factory: Factory): Promise<Answer>
}

/** A probe that needs one node. */
export function probe (defect: Probe['defect'], title: string, options: LabOptions, ask: (lab: Lab) => Promise<Answer>): Probe {
  return {
    defect,
    title,
    ask: async factory => {
      const lab = await Lab.open(factory, options)

      try {
        return await ask(lab)
      } finally {
        await lab.close()
      }
    }
  }
}

export function answer (isOk: boolean, evidence: string): Answer {
  return { status: isOk ? 'ok' : 'defect', evidence }
}

/** A probe that breaks does not accuse anybody. It is asked again once, for a machine may be slow. */
export async function askSafely (probe: Probe, factory: Factory): Promise<Answer> {
  try {
    return await probe.ask(factory).catch(async () => probe.ask(factory))
  } catch (err) {
    return { status: 'can\'t tell', evidence: err instanceof Error ? err.message : String(err) }
  }
}
