// Clients of the peer that connect and stay: a request a line of JSON, an answer a line. Usage: crowd.mjs ADDRESS
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"

const [, , address] = process.argv
const version = JSON.parse(readFileSync(new URL("node_modules/@automerge/automerge-repo/package.json", import.meta.url))).version
const adapters = []

console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  const { sockets } = JSON.parse(line)
  let met = 0
  for (let number = 0; number < sockets; number++) {
    const adapter = new WebSocketClientAdapter(`ws://${address}`)
    adapter.once("peer-candidate", () => met++)
    new Repo({ peerId: `client-${number}`, network: [adapter], sharePolicy: async () => false })
    adapters.push(adapter)
    // as many at once as ours
    while (number + 1 - met >= 8) await pause(2)
  }
  while (met < sockets) await pause(10)
  console.log(JSON.stringify({ sockets: met, version }))
}
process.exit(0)
