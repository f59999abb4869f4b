// A laptop of the peer: a request a line of JSON, an answer a line. Usage: laptop.mjs NAME ADDRESS
//
// A record is a document of its own. Its texts are plain values, as in a register; only the note is a text that merges,
// as two people may write in it at once.
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { ImmutableString, Repo } from "@automerge/automerge-repo"
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket"

const [, , name, address] = process.argv
const repo = new Repo({
  peerId: name,
  network: [new WebSocketClientAdapter(`ws://${address}`)],
  sharePolicy: async () => true,
})
const handles = new Map()
const version = JSON.parse(readFileSync(new URL("node_modules/@automerge/automerge-repo/package.json", import.meta.url))).version

// rows of a CSV whose fields may be quoted
function rows(text) {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)]
  const lines = [[]]
  for (const [, cell, end] of cells) {
    lines.at(-1).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end !== ",") lines.push([])
  }
  return lines.filter(line => line.length > 1)
}

// what a lead of the product holds when it has just been imported
function record(header, row, number) {
  const value = text => new ImmutableString(text)
  const lead = Object.fromEntries(header.map((field, at) => [field, value(row[at])]))
  const note = row[header.indexOf("Notes")]
  return {
    ...lead,
    Notes: note,
    id: value(`0192f3c4-7a1b-7c2d-8e3f-${String(number).padStart(12, "0")}`),
    scope: value("sales.1"),
    state: value("new"),
    owner: value("5f0e8d4a-2b6c-4d1e-9a3f-7c8b9d0e1f2a"),
    batch: value("0192f3c4-7a1b-7c2d-8e3f-000000000000"),
    score: 50 + (number % 50),
    band: value("B"),
    score_method: value("rule_based_fallback"),
    factors: [value("company_size 20"), value("source 15"), value("amount 15")],
  }
}

const doc = handle => { try { return handle.doc() } catch { return undefined } }

async function find(url) {
  for (let turn = 0; turn < 400; turn++) {
    try {
      const handle = await repo.find(url)
      await handle.whenReady()
      if (doc(handle)?.state) { handles.set(url, handle); return }
    } catch { /* the server does not have it yet */ }
    await pause(250)
  }
  throw new Error(`${url} did not arrive`)
}

const does = {
  create({ file }) {
    const [header, ...list] = rows(readFileSync(file, "utf8"))
    const urls = list.map((row, number) => {
      const handle = repo.create(record(header, row, number))
      handles.set(handle.url, handle)
      return handle.url
    })
    return { urls }
  },
  change({ records, times, value }) {
    for (const handle of [...handles.values()].slice(0, records))
      for (let left = times - 1; left >= 0; left--)
        handle.change(lead => { lead.City = new ImmutableString(left ? `${value} ${left}` : value) })
    return {}
  },
  async seen({ value }) {
    while ([...handles.values()].some(handle => String(doc(handle)?.City) !== value)) await pause(50)
    return {}
  },
  async find({ urls }) {
    await Promise.all(urls.map(find))
    return { records: handles.size, version }
  },
}

const say = value => process.stdout.write(JSON.stringify(value) + "\n")
while (repo.peers.length === 0) await pause(20)
say({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  try { say(await does[request.do](request)) } catch (error) { say({ error: String(error) }) }
}
process.exit(0)
