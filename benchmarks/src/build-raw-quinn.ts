import { buildRawQuinn } from './contestants/raw-quinn.ts'

// a step of its own for whoever bounds the time of what comes after it
process.stdout.write(`${await buildRawQuinn()}\n`)
