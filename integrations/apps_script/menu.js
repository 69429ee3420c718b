/** The menu "policydesk" in the form's editor, for whoever looks after the form. */

/** Google runs this when somebody opens the form to edit it. */
function onOpen() {
  FormApp.getUi()
    .createMenu('policydesk')
    .addItem('Set up', 'policydeskSetUp')
    .addItem('Send a test', 'policydeskTest')
    .addItem('Show what is waiting', 'policydeskShowWaiting')
    .addItem('Send what is waiting now', 'policydeskSendNow')
    .addToUi();
}

/** Asks for the address and the secret, installs the triggers, and tries the connection. */
function policydeskSetUp() {
  const address = ask_('Address of policydesk, for example https://policydesk.school.example', PROPERTY.address);
  if (address === null) return;
  const kept = addressFrom_(address);
  if (kept === null) {
    return tell_('That is not an address like https://policydesk.school.example. Nothing was changed.');
  }
  const secret = ask_('Webhook secret (begins with whsec_). Leave it empty to keep the one in use.', PROPERTY.secret);
  if (secret === null) return;
  if (keyFrom_(secret) === null) {
    return tell_('That is not a whole webhook secret, which begins with whsec_. Ask whoever runs policydesk for it and '
      + 'paste all of it. Nothing was changed.');
  }
  properties_().setProperties({ [PROPERTY.address]: kept, [PROPERTY.secret]: secret });
  installTriggers_(FormApp.getActiveForm(), Date.now());
  policydeskTest();
}

/**
 * @param {string} question
 * @param {string} property that an empty answer leaves as it is
 * @returns {string | null} null when the person cancelled
 */
function ask_(question, property) {
  const ui = FormApp.getUi();
  const reply = ui.prompt('policydesk', question, ui.ButtonSet.OK_CANCEL);
  if (reply.getSelectedButton() !== ui.Button.OK) return null;
  return reply.getResponseText().trim() || properties_().getProperty(property) || '';
}

/** @param {string} text */
function tell_(text) {
  const ui = FormApp.getUi();
  ui.alert('policydesk', text, ui.ButtonSet.OK);
}

/** Tries address and secret without making a case, and says in words what came of it. */
function policydeskTest() {
  const connection = connection_();
  if (connection === null) return tell_('The connector is not set up yet. Choose "Set up" first.');
  const verdict = testConnection_(connection);
  if (!verdict.good) return tell_(verdict.text);
  const count = makeAllDue_(Date.now());
  tell_(count === 0 ? verdict.text : `${verdict.text} ${count} waiting response(s) will be sent within five minutes.`);
}

/**
 * Sends a message with a signature that does not fit, which must be turned away (401), then one of a kind that the
 * service does not know, rightly signed, which must get past the signature and no further (400).
 * @param {Connection} connection
 * @returns {{good: boolean, text: string}}
 */
function testConnection_(connection) {
  const id = 'msg_test_' + Utilities.getUuid();
  const body = JSON.stringify({ type: 'connection.test', data: {} });
  const wrong = post_(connection, id, body, body + ' ').outcome;
  const right = wrong === '401' ? post_(connection, id, body).outcome : wrong;
  if (right === '400') {
    return wrong === '401'
      ? { good: true, text: 'The service answered and the secret is right. No case was made.' }
      : { good: false, text: 'The service answered but does not check signatures. Tell whoever runs policydesk.' };
  }
  return { good: false, text: testFailure_(right) };
}

/**
 * @param {string} outcome
 * @returns {string}
 */
function testFailure_(outcome) {
  if (outcome === '401') {
    return 'The service answered but does not know this secret. Choose "Set up" and paste the secret again; '
      + 'if it is the right one, the clock of the computer that policydesk runs on may be wrong.';
  }
  if (outcome === OUTCOME.noAnswer || outcome.startsWith('5')) {
    return `The service did not answer (${outcome}). Check the address, and that policydesk is running and can be `
      + 'reached from the internet. Responses are kept and sent when it is.';
  }
  return `Something answered at this address, but not policydesk (${outcome}). Choose "Set up" and check the address.`;
}

/** Says how many responses wait, since when and why; offers to forget those that are no longer in the form. */
function policydeskShowWaiting() {
  const queue = readQueue_();
  if (queue.length === 0) return tell_('Nothing is waiting: every response has been delivered.');
  const refused = queue.filter((entry) => isRefused_(entry.outcome)).length;
  const since = Utilities.formatDate(new Date(queue[0].since), Session.getScriptTimeZone(), 'd MMMM yyyy, HH:mm');
  const reasons = [...new Set(queue.map((entry) => entry.outcome || 'not tried yet'))].join(', ');
  tell_(`${queue.length} response(s) wait, the oldest since ${since}; ${refused} of them were refused. `
    + `Last results: ${reasons}. ${trouble_(queue, Date.now())}`);
  forgetDeleted_(queue.filter((entry) => entry.outcome === OUTCOME.unreadable));
}

/** @param {Waiting[]} unreadable */
function forgetDeleted_(unreadable) {
  if (unreadable.length === 0) return;
  const ui = FormApp.getUi();
  const question = `${unreadable.length} response(s) can no longer be read in this form. If somebody deleted them on `
    + 'purpose, choose Yes to forget them. They were never delivered.';
  if (ui.alert('policydesk', question, ui.ButtonSet.YES_NO) !== ui.Button.YES) return;
  withLock_(() => unreadable.forEach((entry) => forget_(entry.id)));
}

/** Tries everything in the queue at once, what was refused too. */
function policydeskSendNow() {
  const before = makeAllDue_(Date.now());
  const queue = readQueue_();
  deliver_(FormApp.getActiveForm(), queue.map((entry) => entry.id));
  const left = readQueue_().length;
  tell_(left === 0 ? `Done: ${before} sent.` : `${before - left} sent, ${left} still waiting.`);
}
