import type { Instruction } from '../../peers/js/gossipsub/script.ts'

/** What must become of a message, as the script has it. */
export interface Expectation {
  /** As the logs have it. */
  id: string
  topic: string
  publisher: number
  /** The subscribers of its topic, its publisher not among them. */
  receivers: ReadonlySet<number>
}

/** Of the messages in the order of their publishing. */
export function expectations (script: readonly Instruction[], nodeCount: number): Expectation[] {
  const nodes = Array.from({ length: nodeCount }, (_, id) => id)
  const all = script.map(instruction => ({ instruction: innermost(instruction), who: performers(instruction, nodes) }))

  const subscribers = new Map<string, Set<number>>()

  for (const { instruction, who } of all) {
    if (instruction.type === 'subscribeToTopic') {
      subscribers.set(instruction.topicID, new Set([...subscribers.get(instruction.topicID) ?? [], ...who]))
    }
  }

  return all.flatMap(({ instruction, who }) => {
    if (instruction.type !== 'publish') {
      return []
    }

    return who.map(publisher => ({
      id: String(instruction.messageID),
      topic: instruction.topicID,
      publisher,
      receivers: new Set([...subscribers.get(instruction.topicID) ?? []].filter(id => id !== publisher))
    }))
  })
}

function innermost (instruction: Instruction): Instruction {
  return instruction.type === 'ifNodeIDEquals' ? innermost(instruction.instruction) : instruction
}

function performers (instruction: Instruction, nodes: number[]): number[] {
  return instruction.type === 'ifNodeIDEquals' ? performers(instruction.instruction, nodes.filter(id => id === instruction.nodeID)) : nodes
}
