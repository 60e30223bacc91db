/** A TCP proxy that does harm to connections. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to all connections, old and new. */
export type TcpFault =
  /** Every piece arrives this much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Ends in good order once the server has sent this many more bytes over a connection. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Breaks off (RST) once the server has sent this many more bytes over a connection. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Nothing moves any more, and nobody is told. */
  | { readonly kind: 'freeze' }
  /** As if the server had ended: connections break, new ones are refused. */
  | { readonly kind: 'refuse' };

/** A running proxy. */
export interface TcpProxy {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** How many connections were opened. */
  readonly connections: number;
  /** From now on this happens; `undefined` heals. */
  setFault(fault: TcpFault | undefined): Promise<void>;
  close(): Promise<void>;
}

/** One connection of a client, passed on. */
interface Link {
  setFault(fault: TcpFault | undefined): void;
  end(): void;
}

/** Starts a proxy before the server at `target` (`HOST:PORT`). */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const links = new Set<Link>();
  let fault: TcpFault | undefined;
  let connections = 0;
  const open = async (port: number) => {
    const server = createServer((client) => {
      connections++;
      const link = passOn(client, target, () => links.delete(link));
      links.add(link);
      link.setFault(fault);
    });
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
    return server;
  };
  const shut = (server: Server) => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    for (const link of links) link.end();
    return closed;
  };
  let server: Server | undefined = await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    port,
    get connections() {
      return connections;
    },
    async setFault(next) {
      fault = next;
      for (const link of links) link.setFault(next);
      if (next?.kind !== 'refuse') server ??= await open(port);
      else if (server !== undefined) {
        await shut(server);
        server = undefined;
      }
    },
    async close() {
      if (server !== undefined) await shut(server);
    },
  };
}

function passOn(client: Socket, target: string, ended: () => void): Link {
  const [host, port] = target.split(':');
  const upstream = connect(Number(port), host);
  let fault: TcpFault | undefined;
  /** What the server may still send before a cut or a reset. */
  let left = Infinity;
  const end = () => {
    client.destroy();
    upstream.destroy();
    ended();
  };
  const breakOff = () => {
    if (fault?.kind === 'reset') client.resetAndDestroy();
    else client.end();
    upstream.destroy();
    ended();
  };
  const wire = (from: Socket, to: Socket) => {
    /** What was sent before, so that nothing overtakes it when a delay ends. */
    let before = Promise.resolve();
    const later = (action: () => void) => {
      const delay = fault?.kind === 'delay' ? pause(fault.ms) : undefined;
      before = before.then(() => delay).then(action);
    };
    from.on('data', (bytes: Uint8Array) => {
      const spoiled = from === upstream && bytes.length >= left;
      const passed = spoiled ? bytes.subarray(0, left) : bytes;
      if (from === upstream) left -= passed.length;
      later(() => {
        if (spoiled) to.write(passed, breakOff);
        else if (!to.write(passed)) from.pause();
      });
    });
    to.on('drain', () => {
      if (fault?.kind !== 'freeze') from.resume();
    });
    from.on('error', end);
    from.on('close', () => later(() => to.end()));
  };
  wire(client, upstream);
  wire(upstream, client);
  client.on('close', ended);
  return {
    setFault(next) {
      fault = next;
      left = next?.kind === 'cut' || next?.kind === 'reset' ? next.afterBytes : Infinity;
      for (const socket of [client, upstream]) {
        if (next?.kind === 'freeze') socket.pause();
        else socket.resume();
      }
    },
    end,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
