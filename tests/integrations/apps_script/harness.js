'use strict';
/*
 * Runs the Apps Script connector, as it stands in integrations/apps_script, for one form.
 *
 * Protocol: one JSON object a line on stdin, one a line back on stdout, in order:
 *   {"ok": true, ...}  or  {"ok": false, "error": "why the command itself was wrong"}.
 * A script that fails is not a wrong command: what it threw is in "thrown" (Google would mail that to the owner).
 * Times are milliseconds since 1970.
 *
 * | do     | with                                                     | answers                                    |
 * |--------|----------------------------------------------------------|--------------------------------------------|
 * | start  | form: a form as the Forms API gives it; routes: {address | form: its id. Must come first              |
 * |        | in the connector's settings: where it really is};        |                                            |
 * |        | properties: {} to begin with; scopes: in the manifest's  |                                            |
 * |        | stead; reversed: true loads the files in the other order |                                            |
 * | menu   | item: its caption; replies: what the person types or     | shown: texts, thrown                       |
 * |        | presses, null for Cancel                                 |                                            |
 * | submit | answers: {title: value as Apps Script gives it};         | response: its id, thrown                   |
 * |        | respondent; response: an id, and if it is there already  |                                            |
 * |        | this edits it; at: when; trigger: false if Google fails  |                                            |
 * |        | to fire                                                  |                                            |
 * | fire   | response: fires the submit trigger for it once more      | thrown                                     |
 * | delete | response                                                 |                                            |
 * | tick   | seconds: moves the clock first; runs the time trigger    | thrown                                     |
 * | clock  | at: an instant, or absent for the real time              | now                                        |
 * | route  | routes: as above, from now on                            |                                            |
 * | lock   | held: true while another execution has it; grants: [..]  |                                            |
 * |        | whether each of the next attempts gets it                |                                            |
 * | during | commands: run while the next call of the service is      |                                            |
 * |        | under way, after the service got it                      |                                            |
 * | report |                                                          | properties, peak: {value, total} in bytes, |
 * |        |                                                          | log: [{level, text}], requests: [{url,     |
 * |        |                                                          | headers, body, status, reply}], triggers,  |
 * |        |                                                          | now; null status: it could not be reached  |
 *
 * The service judges signatures by its own clock: let this one stand within 5 minutes of it whenever a message is
 * meant to be accepted. While the service is away it may stand anywhere, so let a test of pauses begin in the past.
 */
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const vm = require('node:vm');
const { Form } = require('./form_standin.js');
const { makeStandins } = require('./standins.js');

const CONNECTOR = path.join(__dirname, '..', '..', '..', 'integrations', 'apps_script');

/** The script's own Date, which reads the harness's clock. */
const DATE = `(now) => {
  const Real = Date;
  globalThis.Date = class Date extends Real {
    constructor(...given) { if (given.length === 0) super(now()); else super(...given); }
    static now() { return now(); }
  };
}`;

class Harness {
  constructor({ form, routes = {}, properties = {}, scopes, reversed = false }) {
    const manifest = JSON.parse(fs.readFileSync(path.join(CONNECTOR, 'appsscript.json'), 'utf8'));
    this.ahead = 0;
    this.now = () => Date.now() + this.ahead;
    this.form = new Form(form, this.now);
    const made = makeStandins({
      form: this.form, routes, properties, scopes: scopes ?? manifest.oauthScopes, timeZone: manifest.timeZone,
    });
    Object.assign(this, made.parts);
    this.context = vm.createContext(made.globals);
    vm.runInContext(DATE, this.context)(this.now);
    const files = fs.readdirSync(CONNECTOR).filter((name) => name.endsWith('.js')).sort();
    for (const file of reversed ? files.reverse() : files) {
      vm.runInContext(fs.readFileSync(path.join(CONNECTOR, file), 'utf8'), this.context, { filename: file });
    }
  }

  /** Calls a function of the script by name, as Google does. */
  run(name, ...given) {
    try {
      vm.runInContext(name, this.context)(...given);
      return null;
    } catch (error) {
      return error.message;
    } finally {
      this.lock.owner = null; // Google frees the lock of an execution that ends
    }
  }

  fireAll(event, ...given) {
    const thrown = this.triggers.installed.filter((each) => each.event === event)
      .map((each) => this.run(each.handler, ...given));
    return { thrown: thrown.find((each) => each !== null) ?? null };
  }

  menu({ item, replies = [] }) {
    Object.assign(this.ui, { replies: [...replies], shown: [] });
    const opening = this.run('onOpen');
    if (!this.ui.items.has(item)) throw new Error(`the menu has no "${item}" (${opening})`);
    return { thrown: this.run(this.ui.items.get(item)), shown: this.ui.shown };
  }

  submit({ trigger = true, ...submission }) {
    const response = this.form.submit(submission);
    return { response, ...(trigger ? this.fire({ response }) : { thrown: null }) };
  }

  fire({ response }) {
    return this.fireAll('submit', { response: this.form.getResponse(response), source: this.form });
  }

  delete({ response }) {
    this.form.delete(response);
    return {};
  }

  tick({ seconds = 0 }) {
    this.ahead += seconds * 1000;
    return this.fireAll('clock', {});
  }

  clock({ at }) {
    this.ahead = at === undefined ? 0 : at - Date.now();
    return { now: this.now() };
  }

  route({ routes }) {
    this.fetch.routes = routes;
    return {};
  }

  setLock({ held, grants }) {
    if (held !== undefined) this.lock.heldElsewhere = held;
    if (grants !== undefined) this.lock.grants = [...grants];
    return {};
  }

  during({ commands }) {
    this.fetch.meanwhile = () => {
      const owner = this.lock.owner;
      commands.forEach((command) => this.obey(command));
      this.lock.owner = owner;
    };
    return {};
  }

  report() {
    return {
      properties: this.store.getProperties(), peak: this.store.peak, log: this.log, requests: this.fetch.made,
      triggers: this.triggers.installed.map(({ event, handler }) => ({ event, handler })), now: this.now(),
    };
  }

  obey(command) {
    const verbs = {
      menu: this.menu, submit: this.submit, fire: this.fire, delete: this.delete, tick: this.tick, clock: this.clock,
      route: this.route, lock: this.setLock, during: this.during, report: this.report,
    };
    if (!verbs[command.do]) throw new Error(`there is no command "${command.do}"`);
    return verbs[command.do].call(this, command);
  }
}

let harness = null;

function answerTo(line) {
  try {
    const command = JSON.parse(line);
    if (command.do === 'start') {
      harness = new Harness(command);
      return { ok: true, form: harness.form.getId() };
    }
    if (harness === null) throw new Error('"start" must come first');
    return { ok: true, ...harness.obey(command) };
  } catch (error) {
    return { ok: false, error: error.message };
  }
}

readline.createInterface({ input: process.stdin })
  .on('line', (line) => process.stdout.write(JSON.stringify(answerTo(line)) + '\n'))
  .on('close', () => process.exit(0));
