import { connect, createServer, type Server, type Socket } from "node:net";

/** What stands between a client and a server, and may hold back what the server says. */
export interface Between extends AsyncDisposable {
  /** The server's URL, through this. */
  url: string;
}

/**
 * Listens before a server and passes everything on. `holds` hears of all that a client has sent on its connection so far,
 * and says whether what the server answers is to be held back; what was held back goes out once it says otherwise.
 * `altered` may change what the server says.
 */
export async function standBetween(
  serverUrl: string,
  holds: (sent: string) => boolean,
  altered: (answer: Buffer) => Buffer = (answer) => answer,
): Promise<Between> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const behind = connect(Number(target.port), target.hostname);
    for (const socket of [client, behind]) sockets.add(socket.on("error", () => {}));
    let sent = "";
    const held: Buffer[] = [];
    const pass = () => {
      if (holds(sent)) return;
      for (const data of held.splice(0)) client.write(data);
    };
    client.on("data", (data: Buffer) => {
      sent += data.toString("latin1");
      behind.write(data);
      pass();
    });
    behind.on("data", (data: Buffer) => {
      held.push(altered(data));
      pass();
    });
    client.on("close", () => behind.destroy());
    behind.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: Object.assign(new URL(serverUrl), { hostname: "127.0.0.1", port: String(port) }).href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
