import type { GoParams } from './go-params.ts'
import type { Instruction } from './script.ts'

/** What the instructions are done with. */
export interface ScriptedNode {
  init(params: GoParams): Promise<void>
  connect(nodeIds: number[]): Promise<void>
  subscribe(topic: string): void
  delayValidation(topic: string, delayMs: number): void
  publish(topic: string, messageId: number, sizeBytes: number): Promise<void>
  /** Since the start of the node. */
  waitUntil(elapsedMs: number): Promise<void>
}

/** One instruction after the other; messages are handled all the while. */
export async function runScript (script: readonly Instruction[], nodeId: number, node: ScriptedNode): Promise<void> {
  for (const instruction of script) {
    await run(instruction, nodeId, node)
  }
}

async function run (instruction: Instruction, nodeId: number, node: ScriptedNode): Promise<void> {
  switch (instruction.type) {
    case 'initGossipSub': return node.init(instruction.gossipSubParams)
    case 'connect': return node.connect(instruction.connectTo)
    case 'ifNodeIDEquals':
      if (instruction.nodeID === nodeId) {
        await run(instruction.instruction, nodeId, node)
      }

      return
    case 'waitUntil': return node.waitUntil(instruction.elapsedSeconds * 1_000)
    case 'subscribeToTopic': node.subscribe(instruction.topicID); return
    case 'setTopicValidationDelay': node.delayValidation(instruction.topicID, instruction.delaySeconds * 1_000); return
    case 'publish': return node.publish(instruction.topicID, instruction.messageID, instruction.messageSizeBytes)
    default: return unreachable(instruction)
  }
}

function unreachable (instruction: never): never {
  throw new Error(`Unknown instruction ${JSON.stringify(instruction)}`)
}
