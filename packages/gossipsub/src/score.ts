export * from './router/score/params.ts'
export * from './router/score/thresholds.ts'
export function validatePeerScoreParams (p: unknown): void {}
export function validateTopicScoreParams (p: unknown): void {}
export function validatePeerScoreThresholds (p: unknown): void {}
