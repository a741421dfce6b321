// The protocol graphql-transport-ws, as much of it as a page needs.

const PAUSES = [300, 1000, 2000, 5000, 10000];

/** One WebSocket for all subscriptions; it comes back by itself, and they with it. */
export class Live {
  #subscriptions = new Map();
  #next = 1;
  #failures = 0;
  #ready = false;

  constructor(url, key, onState) {
    Object.assign(this, { url, key, onState });
    this.#connect();
  }

  /** Calls `onData` with every result. Returns a function that ends the subscription. */
  subscribe(query, variables, onData) {
    const id = String(this.#next++);
    this.#subscriptions.set(id, { query, variables, onData });
    if (this.#ready) this.#begin(id);
    return () => {
      this.#subscriptions.delete(id);
      if (this.#ready) this.#send({ id, type: "complete" });
    };
  }

  #connect() {
    this.socket = new WebSocket(this.url, "graphql-transport-ws");
    this.socket.onopen = () =>
      this.#send({ type: "connection_init", payload: { authorization: `Bearer ${this.key}` } });
    this.socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.socket.onclose = (event) => this.#closed(event);
  }

  #receive(message) {
    const subscription = this.#subscriptions.get(message.id);
    if (message.type === "connection_ack") {
      this.#ready = true;
      this.#failures = 0;
      this.onState("live");
      for (const id of this.#subscriptions.keys()) this.#begin(id);
    } else if (message.type === "ping") this.#send({ type: "pong" });
    else if (message.type === "next" && message.payload.data) subscription?.onData(message.payload.data);
    else if (message.type === "error") console.error(message.payload);
  }

  #closed({ code }) {
    this.#ready = false;
    // Credentials do not get better by trying again.
    if (code === 4401 || code === 4403) return this.onState("refused");
    this.onState("reconnecting");
    setTimeout(() => this.#connect(), PAUSES[Math.min(this.#failures++, PAUSES.length - 1)]);
  }

  #begin(id) {
    const { query, variables } = this.#subscriptions.get(id);
    this.#send({ id, type: "subscribe", payload: { query, variables } });
  }

  #send(message) {
    this.socket.send(JSON.stringify(message));
  }
}
