// A network of one's own between people and a server's UDP port: it loses, delays, reorders and
// narrows, the same way for the same seed, and changes people's addresses.
import { type RemoteInfo, type Socket, createSocket } from "node:dgram";

/** What becomes of datagrams that go one way. */
export interface Conditions {
  /** The share that is lost. */
  loss: number;
  /** Milliseconds on the way. */
  delay: number;
  /** Milliseconds by which the delay of each datagram differs at most, evenly; what overtakes does. */
  jitter: number;
  /** Kilobits a second for each person. */
  kilobits: number;
}

export const GOOD: Conditions = { loss: 0, delay: 0, jitter: 0, kilobits: Number.POSITIVE_INFINITY };

/** Milliseconds a datagram waits at most for a narrow way. */
const QUEUE = 200;

/** Where a relay takes datagrams. */
export const FRONT = "127.0.0.2";

/** Numbers below 1 (Mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One way of one person. */
class Way {
  private busyUntil = 0;

  constructor(private readonly random: () => number) {}

  take(conditions: Conditions, length: number, deliver: () => void): void {
    const now = performance.now();
    const lost = this.random() < conditions.loss;
    const late = conditions.delay + (2 * this.random() - 1) * conditions.jitter;
    if (lost || this.busyUntil - now > QUEUE) return;
    this.busyUntil = Math.max(this.busyUntil, now) + (length * 8) / conditions.kilobits;
    const wait = this.busyUntil - now + late;
    if (wait < 1) deliver();
    else setTimeout(deliver, wait);
  }
}

interface Person {
  socket: Socket;
  to: Way;
  from: Way;
}

/** Forwards datagrams between people and one port of this machine. */
export class Relay {
  /** Towards the server, and from it. */
  conditions = { to: GOOD, from: GOOD };
  /** Nothing comes through when false, and nobody is told. */
  up = true;
  private readonly people = new Map<string, Person>();
  private readonly blocked = new Set<string>();
  private readonly random: () => number;

  private constructor(
    private readonly front: Socket,
    private readonly target: { port: number; address: string },
    seed: number,
  ) {
    this.random = seeded(seed);
    front.on("message", (datagram, from) => this.relay(datagram, from));
  }

  /** A relay to a port; without one, to the one of its own number at 127.0.0.1. */
  static async lay(port?: number, address = "127.0.0.1", seed = 1): Promise<Relay> {
    const front = createSocket({ type: "udp4", recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
    await new Promise<void>((resolve) => front.bind(0, FRONT, resolve));
    return new Relay(front, { port: port ?? front.address().port, address }, seed);
  }

  get port(): number {
    return this.front.address().port;
  }

  /** Where people are, as far as they have said something since the last change. */
  get addresses(): string[] {
    return [...this.people.keys()];
  }

  /** From now on the server sees everybody at another address, as behind a router that forgot them. */
  renumber(): void {
    for (const person of this.people.values()) person.socket.close();
    this.people.clear();
  }

  /** These addresses lead nowhere for good, as when a telephone leaves its WLAN. */
  unplug(addresses: string[]): void {
    for (const address of addresses) this.blocked.add(address);
  }

  remove(): void {
    this.renumber();
    this.front.close();
  }

  private relay(datagram: Buffer, from: RemoteInfo): void {
    const address = `${from.address}:${from.port}`;
    if (!this.up || this.blocked.has(address)) return;
    const person = this.people.get(address) ?? this.meet(address, from);
    person.to.take(this.conditions.to, datagram.length, () => {
      if (this.people.get(address) === person) person.socket.send(datagram, this.target.port, this.target.address);
    });
  }

  private meet(address: string, from: RemoteInfo): Person {
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
    const person = { socket, to: new Way(this.random), from: new Way(this.random) };
    socket.on("message", (answer) => {
      if (!this.up || this.blocked.has(address)) return;
      person.from.take(this.conditions.from, answer.length, () => {
        if (this.people.get(address) === person) this.front.send(answer, from.port, from.address);
      });
    });
    this.people.set(address, person);
    return person;
  }
}
