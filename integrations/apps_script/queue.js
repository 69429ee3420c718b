/**
 * The queue of responses that the service has not accepted yet: one script property for each, so that one can change
 * without rewriting the others. It holds ids, never answers; what is sent is read from the form at that moment.
 */

const QUEUE_PREFIX = 'waiting:';

/** Room for the queue, in characters. With the ledger's 112,000 (revisions.js) it stays under 500,000. */
const QUEUE_ROOM = 380000;

/** How long one execution waits for another that holds the lock. */
const LOCK_SECONDS = 20;

/**
 * A response in the queue. Times are milliseconds since 1970.
 * @typedef {object} Waiting
 * @property {string} id of the response
 * @property {number} attempts made so far
 * @property {number | null} next when to try again; null when only a person can say
 * @property {number} since when it joined the queue
 * @property {string} outcome of the last attempt: '' before the first, an HTTP status, or one of the OUTCOME words
 * @property {string} stored the property's text, by which a change in the meantime is noticed
 */

/**
 * Runs `work` while no other execution of this script can.
 * @template T
 * @param {() => T} work
 * @returns {T | null} null when the lock was not to be had, and `work` was not run
 */
function withLock_(work) {
  const lock = LockService.getScriptLock();
  if (!lock.tryLock(LOCK_SECONDS * SECOND)) return null;
  try {
    return work();
  } finally {
    lock.releaseLock();
  }
}

/**
 * @param {string} id
 * @param {string} stored
 * @returns {Waiting}
 */
function waitingFrom_(id, stored) {
  const [attempts, next, since, outcome] = JSON.parse(stored);
  return { id, attempts, next, since, outcome, stored };
}

/** @returns {Waiting[]} everything in the queue, longest waiting first */
function readQueue_() {
  return Object.entries(properties_().getProperties())
    .filter(([name]) => name.startsWith(QUEUE_PREFIX))
    .map(([name, stored]) => waitingFrom_(name.slice(QUEUE_PREFIX.length), stored))
    .sort((a, b) => a.since - b.since);
}

/**
 * @param {string} id
 * @returns {Waiting | null} null when it is not in the queue
 */
function readWaiting_(id) {
  const stored = properties_().getProperty(QUEUE_PREFIX + id);
  return stored === null ? null : waitingFrom_(id, stored);
}

/**
 * Writes an entry. Call it under the lock.
 * @param {Omit<Waiting, 'stored'>} entry
 * @returns {Waiting} as it is stored now
 */
function writeWaiting_(entry) {
  const stored = JSON.stringify([entry.attempts, entry.next, entry.since, entry.outcome]);
  properties_().setProperty(QUEUE_PREFIX + entry.id, stored);
  return { ...entry, stored };
}

/** @param {string} id */
function forget_(id) {
  properties_().deleteProperty(QUEUE_PREFIX + id);
}

/**
 * Puts responses into the queue, due at once. One that is there already starts afresh: it was submitted again, and an
 * attempt under way may be carrying its old answers.
 * @param {string[]} ids
 * @param {number} now
 * @returns {boolean} false when the lock or the room was not to be had for all of them. Nothing is lost then: the
 *   reconciliation finds in the form itself what never got here.
 */
function enqueue_(ids, now) {
  const all = withLock_(() => {
    let room = QUEUE_ROOM - readQueue_().reduce((sum, entry) => sum + spaceFor_(entry.id), 0);
    for (const id of ids) {
      room -= spaceFor_(id);
      if (room < 0) return false;
      writeWaiting_({ id, attempts: 0, next: now, since: now, outcome: '' });
    }
    return true;
  });
  return all === true;
}

/**
 * @param {string} id
 * @returns {number} characters that an entry takes up at most
 */
function spaceFor_(id) {
  return QUEUE_PREFIX.length + id.length + 64;
}

/**
 * Makes everything in the queue due now, what was refused too: after the set-up changed, or because a person asks.
 * @param {number} now
 * @returns {number} how many there are
 */
function makeAllDue_(now) {
  const count = withLock_(() => {
    const entries = readQueue_();
    entries.forEach((entry) => writeWaiting_({ ...entry, attempts: 0, next: now }));
    return entries.length;
  });
  return count || 0;
}
