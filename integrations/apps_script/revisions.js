/**
 * Which revision of a response is being sent. Google gives an edited response the id that it had before and no
 * number, so the connector counts: for each response it keeps a fingerprint of the answers last sent, and the number
 * that they were sent under. The same answers again keep their number (the service then changes nothing); other
 * answers get the next one. The fingerprint is of the answers and not of the time, because a form's script is not
 * promised that the time changes with an edit.
 *
 * The ledger cannot run out of room. It is spread over 16 properties of at most 7,000 characters, some 4,600 responses
 * in all; each drops its oldest entries and remembers that it has dropped some. From then on a response that is not
 * found there may be a forgotten one, and is numbered by the clock: more than any count, and growing.
 */

const LEDGER_PREFIX = 'seen:';
const LEDGER_ROOM = 7000;
const LEDGER_KEY_LENGTH = 10;
const FINGERPRINT_LENGTH = 8;
const FORGOTTEN = '*';

/** Numbers by the clock are seconds since 2020, so that they fit a 32-bit integer until 2088. */
const CLOCK_START = Date.UTC(2020, 0, 1);

/**
 * @typedef {object} Ledger
 * @property {string} name of the property
 * @property {string} key of the response in it
 * @property {string[]} entries `key=revision.fingerprint`, oldest first
 * @property {boolean} hasForgotten
 * @property {{revision: number, fingerprint: string} | null} known
 */

/**
 * @param {string} responseId
 * @returns {Ledger}
 */
function readLedger_(responseId) {
  const key = digest_(responseId, LEDGER_KEY_LENGTH);
  const name = LEDGER_PREFIX + (key.charCodeAt(0) % 16).toString(16);
  const entries = (properties_().getProperty(name) || '').split(';').filter((entry) => entry !== '');
  const hasForgotten = entries[0] === FORGOTTEN;
  if (hasForgotten) entries.shift();
  const found = entries.find((entry) => entry.startsWith(key + '='));
  const [revision, fingerprint] = found ? found.slice(key.length + 1).split('.') : [];
  return { name, key, entries, hasForgotten, known: found ? { revision: Number(revision), fingerprint } : null };
}

/**
 * Has this very text of the response been sent, or tried, before?
 * @param {string} responseId
 * @param {string} fingerprint
 * @returns {boolean}
 */
function isInLedger_(responseId, fingerprint) {
  const { known } = readLedger_(responseId);
  return known !== null && known.fingerprint === fingerprint;
}

/**
 * The number to send these answers under, written down before they are sent: if the service's reply is lost and the
 * response is edited before the next attempt, the edit must not pass for the first text. Call it under the lock.
 * @param {string} responseId
 * @param {string} fingerprint
 * @param {number} now
 * @returns {number}
 */
function revisionOf_(responseId, fingerprint, now) {
  const ledger = readLedger_(responseId);
  if (ledger.known && ledger.known.fingerprint === fingerprint) return ledger.known.revision;
  const first = ledger.hasForgotten ? Math.floor((now - CLOCK_START) / SECOND) : 1;
  const revision = ledger.known ? ledger.known.revision + 1 : first;

  const entries = ledger.entries.filter((entry) => !entry.startsWith(ledger.key + '='));
  entries.push(`${ledger.key}=${revision}.${fingerprint}`);
  let forgotten = ledger.hasForgotten;
  while (entries.join(';').length > LEDGER_ROOM) {
    entries.shift();
    forgotten = true;
  }
  properties_().setProperty(ledger.name, (forgotten ? [FORGOTTEN, ...entries] : entries).join(';'));
  return revision;
}
