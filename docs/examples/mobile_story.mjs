// A client as a phone would be one: signs in, opens a request with a photo, follows it, answers, rates, signs out.
// Node 18 or newer, nothing to install:  node mobile_story.mjs https://help.example.com mia@firma.example
// The password is read from the environment variable HELPDESK_PASSWORD.

import { randomUUID } from "node:crypto";

export class Helpdesk {
  constructor(site) {
    this.base = `${site}/api/v1`;
    this.pair = null;
  }

  async signIn(email, password) {
    this.pair = await this.#send("POST", "/auth/login", { body: { email, password } });
    return this.pair.user;
  }

  // A change carries a key, so that it can be sent again after a cut connection without being done twice.
  async call(method, path, body, { key = randomUUID() } = {}) {
    const send = () => this.#send(method, path, { body, key, token: this.pair.access_token });
    try {
      return await send();
    } catch (error) {
      if (error.code === "not_signed_in") await this.#renew();
      else if (error.status !== undefined) throw error; // an answer, and not a cut connection
      return send();
    }
  }

  async upload(name, bytes, type) {
    const form = new FormData();
    form.set("file", new Blob([bytes], { type }), name);
    return this.#send("POST", "/attachments", { form, token: this.pair.access_token });
  }

  // Everything after a position; an empty piece is no end while `more` is true.
  async *events(after) {
    for (;;) {
      const piece = await this.call("GET", `/events?after=${after}`);
      for (const event of piece.results) yield event;
      after = piece.next_after;
      if (!piece.more) return after;
    }
  }

  async #renew() {
    this.pair = await this.#send("POST", "/auth/refresh", { token: this.pair.refresh_token });
  }

  async #send(method, path, { body, form, key, token } = {}) {
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key && method === "POST") headers["Idempotency-Key"] = key;
    const answer = await fetch(this.base + path, { method, headers, body: form ?? (body && JSON.stringify(body)) });
    const told = answer.status === 204 ? null : await answer.json();
    if (answer.ok) return told;
    throw Object.assign(new Error(told.error), { status: answer.status, code: told.code, details: told.details });
  }
}

async function story(site, email) {
  const desk = new Helpdesk(site);
  await desk.signIn(email, process.env.HELPDESK_PASSWORD);
  const begin = (await desk.call("GET", "/events")).next_after;
  const photo = await desk.upload("drucker.png", Buffer.from(PIXEL, "base64"), "image/png");
  const wanted = { title: "Drucker druckt nicht", description: "Siehe Foto.", attachment_ids: [photo.id] };
  const key = randomUUID();
  const ticket = await desk.call("POST", "/tickets", wanted, { key });
  const again = await desk.call("POST", "/tickets", wanted, { key }); // the first answer might have been lost
  await desk.call("POST", `/tickets/${ticket.id}/comments`, { content: "Jetzt blinkt er auch." });
  const solved = await desk.call("POST", `/tickets/${ticket.number}/resolve`, { comment: "Geht wieder." });
  const rated = await desk.call("POST", `/tickets/${ticket.id}/rating`, { score: 5 });
  const list = await desk.call("GET", "/tickets?limit=5");
  const kinds = [];
  for await (const event of desk.events(begin)) kinds.push(event.kind);
  await desk.call("POST", "/auth/logout");
  console.log(
    JSON.stringify({
      number: ticket.number,
      same: again.id === ticket.id,
      files: ticket.attachments.length,
      status: solved.status,
      score: rated.rating.score,
      count: list.count,
      kinds,
    }),
  );
}

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAACAAAB4iG8MwAAAABJRU5ErkJggg==";

if (process.argv[2]) await story(process.argv[2], process.argv[3]);
