// A client as a phone would be one: signs in, registers itself, opens a request with a photo, follows it, answers,
// rates, signs out everywhere.
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

  // Ends all sign-ins of this person. Whoever is out already, because the first answer was lost, is out.
  async leaveEverywhere() {
    try {
      await this.call("POST", "/auth/logout-everywhere");
    } catch (error) {
      if (error.code !== "not_signed_in") throw error;
    }
    this.pair = null;
  }

  // What a pair of tokens still opens: the status of a call, and of renewing it.
  async opens(pair) {
    const status = (answer) => answer.then(() => 200, (error) => error.status);
    return [
      await status(this.#send("GET", "/auth/profile", { token: pair.access_token })),
      await status(this.#send("POST", "/auth/refresh", { token: pair.refresh_token })),
    ];
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
  const tablet = new Helpdesk(site);
  for (const one of [desk, tablet]) await one.signIn(email, process.env.HELPDESK_PASSWORD);
  // In an app this is what its push service gave it.
  const push = { platform: "android", token: randomUUID(), name: "Telefon" };
  const device = await desk.call("POST", "/devices", push);
  const devices = await desk.call("GET", "/devices");
  const begin = (await desk.call("GET", "/events")).next_after;
  const photo = await desk.upload("drucker.png", Buffer.from(PIXEL, "base64"), "image/png");
  const wanted = { title: "Drucker druckt nicht", description: "Siehe Foto.", attachment_ids: [photo.id] };
  const key = randomUUID();
  const ticket = await desk.call("POST", "/tickets", wanted, { key });
  const again = await desk.call("POST", "/tickets", wanted, { key }); // the first answer might have been lost
  await desk.call("POST", `/tickets/${ticket.id}/comments`, { content: "Jetzt blinkt er auch." });
  const solved = await desk.call("POST", `/tickets/${ticket.number}/resolve`, { comment: "Geht wieder." });
  const rated = await desk.call("POST", `/tickets/${ticket.id}/rating`, { score: 5 });
  // After a quarter of an hour the access token has run out: the next call renews the pair by itself.
  const former = desk.pair.refresh_token;
  desk.pair.access_token = "run-out";
  const list = await desk.call("GET", "/tickets?limit=5");
  const renewed = desk.pair.refresh_token !== former;
  // Customers hear of things some seconds later: what was done just now may not be among them yet.
  const kinds = [];
  for await (const event of desk.events(begin)) kinds.push(event.kind);
  const pairs = [desk.pair, tablet.pair];
  await desk.leaveEverywhere();
  const after = [];
  for (const pair of pairs) after.push(...(await desk.opens(pair)));
  console.log(
    JSON.stringify({
      number: ticket.number,
      same: again.id === ticket.id,
      files: ticket.attachments.length,
      status: solved.status,
      score: rated.rating.score,
      count: list.count,
      renewed,
      kinds,
      device: device.is_this && devices.count,
      after,
    }),
  );
}

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAACAAAB4iG8MwAAAABJRU5ErkJggg==";

if (process.argv[2]) await story(process.argv[2], process.argv[3]);
