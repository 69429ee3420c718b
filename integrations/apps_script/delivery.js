/**
 * Takes responses from the queue to the service. Messages are signed by the Standard Webhooks scheme
 * (standardwebhooks.com): HMAC-SHA256 of `id.timestamp.body`.
 */

/** Minutes between attempts; the last one repeats until the service accepts. */
const PAUSES = [5, 10, 20, 40, 60];

/** While an attempt is under way nobody else makes one. Longer than the 6 minutes that Google lets a script run. */
const LEASE_MINUTES = 10;

/** A run starts no further attempt after this long, to end well within the 6 minutes. */
const RUN_MINUTES = 4;

/** So many failures one after the other mean that the service is away: the rest waits for the next run. */
const FAILURES_BEFORE_REST = 3;

/** Outcomes that are not an HTTP status. */
const OUTCOME = { noAnswer: 'no answer', unreadable: 'unreadable' };

/** The service says that the message itself is wrong; only a person can tell what to do. */
const REFUSED_CONTENT = ['400', '413', '422'];

/**
 * @typedef {object} Reply
 * @property {string} outcome an HTTP status or OUTCOME.noAnswer
 * @property {number} retryAfter milliseconds that the service asks us to wait; 0 when it does not say
 */

/** @param {string} outcome */
function isRefused_(outcome) {
  return /^[1-4]\d\d$/.test(outcome) && !['408', '429'].includes(outcome);
}

/**
 * Signs a text and posts it. UrlFetchApp has no time limit of its own to set, so the service must answer fast.
 * @param {Connection} connection
 * @param {string} id the same for every attempt at the same message
 * @param {string} body
 * @param {string} [signedBody] what the signature is made of, when it is meant not to fit the body
 * @returns {Reply}
 */
function post_(connection, id, body, signedBody = body) {
  const timestamp = Math.floor(Date.now() / SECOND).toString();
  const signature = signature_(connection.secret, `${id}.${timestamp}.${signedBody}`);
  try {
    const reply = UrlFetchApp.fetch(connection.url, {
      method: 'post',
      contentType: 'application/json',
      headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
      payload: body,
      followRedirects: false,
      muteHttpExceptions: true,
    });
    return { outcome: String(reply.getResponseCode()), retryAfter: retryAfter_(reply) };
  } catch {
    return { outcome: OUTCOME.noAnswer, retryAfter: 0 };
  }
}

/**
 * @param {string} secret
 * @param {string} text
 * @returns {string} `v1,` and the signature
 */
function signature_(secret, text) {
  const key = keyFrom_(secret);
  if (key === null) throw new Error('The secret in the script properties is damaged: use "Set up" again.');
  const bytes = Utilities.newBlob(text).getBytes(); // UTF-8, as UrlFetchApp sends it
  return 'v1,' + Utilities.base64Encode(Utilities.computeHmacSha256Signature(bytes, key));
}

/** @param {GoogleAppsScript.URL_Fetch.HTTPResponse} reply */
function retryAfter_(reply) {
  const headers = /** @type {Record<string, string>} */ (reply.getHeaders());
  const name = Object.keys(headers).find((each) => each.toLowerCase() === 'retry-after');
  const seconds = name ? Number(headers[name]) : 0;
  return seconds > 0 ? Math.min(seconds * SECOND, PAUSES[PAUSES.length - 1] * MINUTE) : 0;
}

/**
 * Tries to deliver what is due, longest waiting first.
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {string[]} ids of responses in the queue
 */
function deliver_(form, ids) {
  const connection = connection_();
  if (connection === null) return;
  const stopAt = Date.now() + RUN_MINUTES * MINUTE;
  let failures = 0;
  for (const id of ids) {
    if (failures >= FAILURES_BEFORE_REST || Date.now() > stopAt) return;
    const outcome = attempt_(connection, form, id);
    if (outcome === null) continue;
    failures = outcome === '202' || REFUSED_CONTENT.includes(outcome) ? 0 : failures + 1;
  }
}

/**
 * One attempt at one response. The lock is held to claim it and to settle it, not while the service is called.
 * @param {Connection} connection
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {string} id
 * @returns {string | null} the outcome; null when somebody else has it, it is not due, or the lock was not to be had
 */
function attempt_(connection, form, id) {
  const read = readResponse_(form, id);
  const now = Date.now();
  const claimed = withLock_(() => {
    const entry = readWaiting_(id);
    if (entry === null || entry.next === null || entry.next > now) return null;
    const revision = read === null ? 0 : revisionOf_(id, read.fingerprint, now);
    const next = now + LEASE_MINUTES * MINUTE;
    return { revision, entry: writeWaiting_({ ...entry, attempts: entry.attempts + 1, next }) };
  });
  if (claimed === null) return null;
  if (read === null) return settle_(claimed.entry, { outcome: OUTCOME.unreadable, retryAfter: 0 });
  const data = { ...read.submission, revision: claimed.revision };
  const messageId = 'msg_' + digest_(`${data.form_id} ${id} ${claimed.revision}`, 24);
  const body = JSON.stringify({ type: 'form.submitted', data });
  return settle_(claimed.entry, post_(connection, messageId, body));
}

/**
 * A response as it stands in the form now.
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {string} id
 * @returns {{fingerprint: string, submission: ReturnType<typeof submissionFrom_>} | null} null when it was deleted, or
 *   Google could not give it just now
 */
function readResponse_(form, id) {
  try {
    const response = form.getResponse(id);
    return { fingerprint: fingerprint_(response), submission: submissionFrom_(form, response) };
  } catch {
    return null; // the message of the exception may quote an answer
  }
}

/**
 * Writes down how an attempt ended. What was submitted again while it was under way stays in the queue. Without the
 * lock the claim simply runs out and the message goes again, which the service takes for the duplicate that it is.
 * @param {Waiting} claim
 * @param {Reply} reply
 * @returns {string} the outcome
 */
function settle_(claim, { outcome, retryAfter }) {
  withLock_(() => {
    const entry = readWaiting_(claim.id);
    if (entry === null || entry.stored !== claim.stored) return;
    if (outcome === '202') forget_(claim.id);
    else writeWaiting_({ ...entry, outcome, next: nextAttempt_(entry.attempts, outcome, retryAfter) });
  });
  if (outcome !== '202') {
    console.warn(`policydesk: a response was not delivered (${outcome}), attempt ${claim.attempts}`);
  }
  return outcome;
}

/**
 * @param {number} attempts made so far
 * @param {string} outcome
 * @param {number} retryAfter
 * @returns {number | null} when to try again. Refusals that have to do with the set-up (a wrong secret or address) are
 *   tried again too, at the longest pause, so that reports flow as soon as somebody mends the other end.
 */
function nextAttempt_(attempts, outcome, retryAfter) {
  if (REFUSED_CONTENT.includes(outcome)) return null;
  const pause = isRefused_(outcome) ? PAUSES.length : attempts;
  return Date.now() + Math.max(PAUSES[Math.min(pause, PAUSES.length) - 1] * MINUTE, retryAfter);
}
