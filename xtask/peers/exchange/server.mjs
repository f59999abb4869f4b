// The peer's server: keeps every document in files, tells nobody of a document unasked. Usage: server.mjs FOLDER [PORT]
import { createServer } from "node:http"
import { Repo } from "@automerge/automerge-repo"
import { WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket"
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs"
import { WebSocketServer } from "ws"

const sockets = new WebSocketServer({ noServer: true })
new Repo({
  peerId: "server",
  network: [new WebSocketServerAdapter(sockets)],
  storage: new NodeFSStorageAdapter(process.argv[2]),
  sharePolicy: async () => false,
})
const server = createServer()
server.on("upgrade", (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, open => sockets.emit("connection", open, request)))
server.listen(Number(process.argv[3] ?? 0), "127.0.0.1", () =>
  console.log(JSON.stringify({ listening: `127.0.0.1:${server.address().port}` })))
