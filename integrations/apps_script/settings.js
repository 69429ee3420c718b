/**
 * Where the connector keeps what it must remember: the script properties of the form that it is bound to.
 *
 * Google allows 9 KB a value and 500 KB in all (developers.google.com/apps-script/guides/services/quotas), so
 * answers are never kept here: only the ids of responses that still have to be delivered, and a short fingerprint
 * of each one that was. queue.js and revisions.js each keep to a share of the room; together they stay under it.
 *
 * The files may be pasted in any order, or as one: no constant is made from one of another file.
 */

/** Names of the single properties. The queue and the ledger have a prefix each, in their own files. */
const PROPERTY = {
  address: 'address of policydesk',
  secret: 'webhook secret',
  reconciledTo: 'reconciled to',
  alarmRaisedAt: 'alarm raised at',
};

const WEBHOOK_PATH = '/webhooks/google-forms';
const SECRET_PREFIX = 'whsec_';
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * @typedef {object} Connection
 * @property {string} url where messages are posted
 * @property {string} secret `whsec_` and the key in base64; never logged
 */

/** @returns {GoogleAppsScript.Properties.Properties} */
function properties_() {
  return PropertiesService.getScriptProperties();
}

/**
 * What is needed to reach the service.
 * @returns {Connection | null} null until somebody has used "Set up" in the menu
 */
function connection_() {
  const address = properties_().getProperty(PROPERTY.address);
  const secret = properties_().getProperty(PROPERTY.secret);
  return address && secret ? { url: address + WEBHOOK_PATH, secret } : null;
}

/**
 * The service's address as it is kept: https only, without a path or a closing slash.
 * @param {string} typed
 * @returns {string | null} null when it is not such an address
 */
function addressFrom_(typed) {
  const match = /^https:\/\/[a-z0-9.-]+(:\d+)?(?=\/?$)/i.exec(typed.trim());
  return match ? match[0] : null;
}

/**
 * The key inside a secret.
 * @param {string} secret
 * @returns {GoogleAppsScript.Byte[] | null} null when it is not `whsec_` and at least 16 bytes of base64
 */
function keyFrom_(secret) {
  if (!secret.startsWith(SECRET_PREFIX)) return null;
  try {
    const key = Utilities.base64Decode(secret.slice(SECRET_PREFIX.length));
    return key.length >= 16 ? key : null;
  } catch {
    return null; // the message of the exception would repeat the secret
  }
}

/**
 * The start of a SHA-256 digest, in letters that need no quoting: a name for something that must not be written out.
 * @param {string} text
 * @param {number} length characters kept; each is worth 6 bits
 * @returns {string}
 */
function digest_(text, length) {
  const bytes = Utilities.computeDigest(Utilities.DigestAlgorithm.SHA_256, text, Utilities.Charset.UTF_8);
  return Utilities.base64EncodeWebSafe(bytes).slice(0, length);
}
