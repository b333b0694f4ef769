// Drives the unmodified Segment SDK for Node; nothing of it is changed but the host.
// Usage: node drive.mjs WRITE_KEY HOST, with the calls as JSON on standard input.
import { readFileSync } from 'node:fs'
import { Analytics } from '@segment/analytics-node'

const [writeKey, host] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host })
const failures = []
analytics.on('error', (failure) => failures.push(failure))

for (const { method, ...call } of JSON.parse(readFileSync(0, 'utf8'))) {
  analytics[method](call)
}

await analytics.closeAndFlush()
if (failures.length > 0) {
  console.error(failures)
  process.exitCode = 1
}
