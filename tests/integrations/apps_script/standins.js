'use strict';
// Stand-ins for the Apps Script services that the connector uses, with the limits and manners of Google's own:
// what they refuse, they refuse. They are the only thing in these tests that is not the connector or the service.
const crypto = require('node:crypto');
const path = require('node:path');
const { MessageChannel, Worker, receiveMessageOnPort } = require('node:worker_threads');
const { ItemType } = require('./form_standin.js');

const KB = 1024;
const SCOPE = {
  form: 'https://www.googleapis.com/auth/forms.currentonly',
  fetch: 'https://www.googleapis.com/auth/script.external_request',
  triggers: 'https://www.googleapis.com/auth/script.scriptapp',
};

const signed = (buffer) => Array.from(new Int8Array(buffer.buffer, buffer.byteOffset, buffer.length));
const unsigned = (bytes) => Buffer.from(Int8Array.from(bytes).buffer);
const bytesOf = (value) => (typeof value === 'string' ? Buffer.from(value, 'utf8') : unsigned(value));

/** developers.google.com/apps-script/guides/services/quotas: 9 KB a value, 500 KB a store. */
class Properties {
  constructor(initial) {
    this.values = new Map(Object.entries(initial));
    this.peak = { value: 0, total: 0 };
  }

  getProperty(name) { return this.values.has(name) ? this.values.get(name) : null; }
  getProperties() { return Object.fromEntries(this.values); }
  deleteProperty(name) { this.values.delete(name); return this; }
  setProperties(all) { Object.entries(all).forEach(([name, value]) => this.setProperty(name, value)); return this; }

  setProperty(name, value) {
    const text = String(value);
    if (Buffer.byteLength(text) > 9 * KB) throw new Error('Exception: Argument too large: value');
    const before = this.values.get(name);
    this.values.set(name, text);
    const total = this.total();
    if (total > 500 * KB) {
      if (before === undefined) this.values.delete(name);
      else this.values.set(name, before);
      throw new Error('Exception: You have exceeded the property storage quota. Please remove some properties.');
    }
    this.peak = {
      value: Math.max(this.peak.value, Buffer.byteLength(text)), total: Math.max(this.peak.total, total),
    };
    return this;
  }

  total() {
    let bytes = 0;
    for (const [name, value] of this.values) bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    return bytes;
  }
}

/** One lock for the script. `grants` says of the next attempts, one by one, whether they succeed. */
class ScriptLock {
  constructor() { Object.assign(this, { heldElsewhere: false, grants: [], owner: null }); }

  getScriptLock() {
    const mine = {
      tryLock: () => {
        const granted = this.grants.length > 0 ? this.grants.shift() : true;
        if (!granted || this.heldElsewhere || (this.owner !== null && this.owner !== mine)) return false;
        this.owner = mine;
        return true;
      },
      releaseLock: () => { if (this.owner === mine) this.owner = null; },
    };
    return mine;
  }
}

/** Synchronous, like Google's: a worker makes the call while this thread stands still. */
class UrlFetch {
  constructor(routes, need) {
    const { port1, port2 } = new MessageChannel();
    this.signal = new Int32Array(new SharedArrayBuffer(4));
    this.port = port1;
    this.worker = new Worker(path.join(__dirname, 'fetch_worker.js'), {
      workerData: { port: port2, signal: this.signal }, transferList: [port2],
    });
    Object.assign(this, { routes, need, made: [], meanwhile: null });
  }

  fetch(url, options) {
    this.need(SCOPE.fetch, 'UrlFetchApp.fetch');
    const origin = new URL(url).origin;
    const record = { url, headers: { ...options.headers }, body: options.payload, status: null, reply: null };
    this.made.push(record);
    const reply = this.routes[origin] ? this.call(url.replace(origin, this.routes[origin]), options) : { error: 'DNS' };
    Object.assign(record, { status: reply.status ?? null, reply: reply.text ?? null });
    const meanwhile = this.meanwhile;
    this.meanwhile = null;
    if (meanwhile) meanwhile();
    if (reply.error) throw new Error(`Exception: Address unavailable: ${url}`);
    if (reply.status >= 300 && reply.status < 400 && options.followRedirects !== false) {
      throw new Error('this stand-in follows no redirects');
    }
    if (reply.status >= 400 && !options.muteHttpExceptions) {
      const start = reply.text.slice(0, 200);
      throw new Error(`Exception: Request failed for ${url} returned code ${reply.status}. ${start}`);
    }
    return {
      getResponseCode: () => reply.status, getContentText: () => reply.text, getHeaders: () => reply.headers,
    };
  }

  call(url, options) {
    const payload = bytesOf(options.payload);
    Atomics.store(this.signal, 0, 0);
    this.port.postMessage({
      url, payload, method: options.method.toUpperCase(),
      headers: { ...options.headers, 'content-type': options.contentType, 'content-length': payload.length },
    });
    Atomics.wait(this.signal, 0, 0);
    return receiveMessageOnPort(this.port).message;
  }
}

function utilities() {
  return {
    DigestAlgorithm: { SHA_256: 'sha256' },
    Charset: { UTF_8: 'utf8' },
    newBlob: (text) => ({ getBytes: () => signed(Buffer.from(text, 'utf8')) }),
    base64Encode: (value) => bytesOf(value).toString('base64'),
    base64EncodeWebSafe: (value) => bytesOf(value).toString('base64').replace(/\+/g, '-').replace(/\//g, '_'),
    base64Decode: (text) => {
      if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
        throw new Error('Exception: Could not decode string: ' + text);
      }
      return signed(Buffer.from(text, 'base64'));
    },
    computeDigest: (algorithm, value) => signed(crypto.createHash(algorithm).update(bytesOf(value)).digest()),
    computeHmacSha256Signature: (value, key) =>
      signed(crypto.createHmac('sha256', bytesOf(key)).update(bytesOf(value)).digest()),
    getUuid: () => crypto.randomUUID(),
    formatDate,
  };
}

/** The letters of Java's SimpleDateFormat that the connector uses. */
function formatDate(date, timeZone, pattern) {
  const part = (options) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).formatToParts(date);
  const get = (type, options) => part(options).find((each) => each.type === type).value;
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  const letters = {
    yyyy: () => get('year', { year: 'numeric' }), MMMM: () => get('month', { month: 'long', day: 'numeric' }),
    MM: () => get('month', { month: '2-digit', day: '2-digit' }), dd: () => get('day', { day: '2-digit' }),
    d: () => get('day', { day: 'numeric' }), HH: () => get('hour', time), mm: () => get('minute', time),
    ss: () => get('second', time),
    XXX: () => get('timeZoneName', { timeZoneName: 'longOffset' }).replace(/^GMT([+]00:00)?/, '') || 'Z',
  };
  return pattern.replace(/'([^']*)'|yyyy|MMMM|MM|dd|d|HH|mm|ss|XXX/g, (token, quoted) => quoted ?? letters[token]());
}

/** Installable triggers of this account. */
class Triggers {
  constructor(need) { Object.assign(this, { need, installed: [] }); }

  getProjectTriggers() {
    this.need(SCOPE.triggers, 'ScriptApp.getProjectTriggers');
    return [...this.installed];
  }

  deleteTrigger(trigger) { this.installed = this.installed.filter((each) => each !== trigger); }

  newTrigger(handler) {
    this.need(SCOPE.triggers, 'ScriptApp.newTrigger');
    const create = (event) => () => {
      const trigger = { event, handler, getHandlerFunction: () => handler };
      this.installed.push(trigger);
      return trigger;
    };
    return {
      forForm: () => ({ onFormSubmit: () => ({ create: create('submit') }) }),
      timeBased: () => ({
        everyMinutes: (minutes) => {
          if (![1, 5, 10, 15, 30].includes(minutes)) {
            throw new Error('Exception: The value you passed to everyMinutes was invalid.');
          }
          return { create: create('clock') };
        },
      }),
    };
  }
}

/** The editor's dialogues: `replies` is what the person does, in order; `shown` is what they saw. */
class Ui {
  constructor() {
    this.Button = { OK: 'OK', CANCEL: 'CANCEL', YES: 'YES', NO: 'NO', CLOSE: 'CLOSE' };
    this.ButtonSet = { OK: 'OK', OK_CANCEL: 'OK_CANCEL', YES_NO: 'YES_NO', YES_NO_CANCEL: 'YES_NO_CANCEL' };
    Object.assign(this, { replies: [], shown: [], items: new Map() });
  }

  createMenu() {
    const menu = {
      addItem: (caption, handler) => { this.items.set(caption, handler); return menu; },
      addSeparator: () => menu,
      addToUi: () => {},
    };
    return menu;
  }

  prompt(title, text) {
    this.shown.push(text);
    const reply = this.replies.shift() ?? null; // null: the person chose Cancel
    return { getSelectedButton: () => (reply === null ? 'CANCEL' : 'OK'), getResponseText: () => reply ?? '' };
  }

  alert(title, text, buttons) {
    this.shown.push(text);
    return buttons === 'OK' ? 'OK' : this.replies.shift() ?? 'CLOSE';
  }
}

function logTo(lines) {
  const level = (name) => (...words) => lines.push({ level: name, text: words.map(String).join(' ') });
  const console = Object.fromEntries(['log', 'info', 'warn', 'error'].map((name) => [name, level(name)]));
  return { console, Logger: { log: level('log') } };
}

/** All globals for one form's script. `scopes` are those of its manifest; a call beyond them fails, as at Google. */
function makeStandins({ form, routes, properties, scopes, timeZone }) {
  const need = (scope, call) => {
    if (!scopes.includes(scope)) {
      const why = `Specified permissions are not sufficient to call ${call}. Required permissions: ${scope}`;
      throw new Error(`Exception: ${why}`);
    }
  };
  const log = [];
  const parts = {
    store: new Properties(properties), lock: new ScriptLock(), fetch: new UrlFetch(routes, need),
    triggers: new Triggers(need), ui: new Ui(), log,
  };
  const globals = {
    ...logTo(log),
    PropertiesService: { getScriptProperties: () => parts.store },
    LockService: parts.lock,
    UrlFetchApp: parts.fetch,
    Utilities: utilities(),
    ScriptApp: parts.triggers,
    Session: { getScriptTimeZone: () => timeZone },
    FormApp: {
      ItemType,
      getUi: () => parts.ui,
      getActiveForm: () => { need(SCOPE.form, 'FormApp.getActiveForm'); return form; },
    },
  };
  return { parts, globals };
}

module.exports = { makeStandins };
