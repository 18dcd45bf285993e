/* A receiver of webhooks with nothing but Node's own modules (20 and newer).

     HELPDESK_SECRETS=<secret>[,<former secret>] node webhook_receiver.mjs [port]

   It takes a call only when its signature is right, when it is fresh, and when it has not had the event before. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE_SECONDS = 300;
const LARGEST_BODY = 64 * 1024;
const REMEMBERED = 100_000;

class Refused extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

function same(ours, theirs) {
  const [a, b] = [Buffer.from(ours), Buffer.from(theirs)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/* Compares in constant time with each secret: during a change there are two on either side.
   body: exactly the bytes that came; line: the header Helpdesk-Signature. */
export function checkSignature(body, line, secrets, now) {
  const parts = line.split(",").map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]);
  const moments = parts.filter(([name]) => name === "t").map(([, value]) => value);
  const given = parts.filter(([name]) => name === "v1").map(([, value]) => value);
  if (moments.length !== 1 || !/^[0-9]{1,12}$/.test(moments[0])) throw new Refused(401, "no signature");
  const known = secrets.map((secret) =>
    createHmac("sha256", secret).update(`${moments[0]}.`).update(body).digest("hex"),
  );
  const fits = known.flatMap((ours) => given.map((theirs) => same(ours, theirs)));
  if (!fits.includes(true)) throw new Refused(401, "wrong signature");
  if (Math.abs(now - Number(moments[0])) > TOLERANCE_SECONDS) throw new Refused(401, "too old");
}

/* The events that were taken. A real receiver keeps their ids beside its data, in the same transaction. */
const taken = new Set();

function take(eventId) {
  if (taken.has(eventId)) throw new Refused(409, "known"); // 409 tells the helpdesk that we have it
  taken.add(eventId);
  if (taken.size > REMEMBERED) taken.delete(taken.values().next().value);
}

/* Here your own work begins. Be quick: after ten seconds the helpdesk takes it for lost and calls again. */
function workOff(event) {
  console.log(JSON.stringify(event));
}

async function read(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > LARGEST_BODY) throw new Refused(413, "too large");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function receive(request, secrets) {
  if (request.method !== "POST") throw new Refused(405, "POST only");
  const body = await read(request);
  checkSignature(body, request.headers["helpdesk-signature"] ?? "", secrets, Date.now() / 1000);
  const event = JSON.parse(body);
  // The id is part of what is signed. A trial is about nothing and has none.
  if (event.id !== null) take(String(event.id));
  workOff(event);
}

const secrets = (process.env.HELPDESK_SECRETS ?? "").split(",").filter(Boolean);
const server = createServer(async (request, response) => {
  let [status, text] = [200, "taken"];
  try {
    await receive(request, secrets);
  } catch (error) {
    [status, text] = error instanceof Refused ? [error.status, error.message] : [500, "failed"];
  }
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
