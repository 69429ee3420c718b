/** What Google runs by itself: on each submission, and every five minutes. */

const ON_SUBMIT = 'policydeskOnSubmit';
const EVERY_FIVE_MINUTES = 'policydeskEveryFiveMinutes';

/** The reconciliation looks back this much further than it had got: clocks differ, and a response may appear late. */
const OVERLAP_MINUTES = 60;

/** Undelivered for so long is worth an alarm, and an alarm is repeated so often. */
const ALARM_AFTER_MINUTES = 60;
const ALARM_EVERY_MINUTES = 24 * 60;

/**
 * A response was submitted, or edited. It is queued first, so that whatever happens next, it is not forgotten.
 * @param {GoogleAppsScript.Events.FormsOnFormSubmit} event
 */
function policydeskOnSubmit(event) {
  const id = event.response.getId();
  if (enqueue_([id], Date.now())) deliver_(event.source, [id]);
  else console.warn('policydesk: a response could not be queued; the next reconciliation will find it');
  raiseAlarm_(Date.now());
}

/** Looks for responses that never reached the queue, then tries everything that is due. */
function policydeskEveryFiveMinutes() {
  const form = FormApp.getActiveForm();
  const complete = reconcile_(form, Date.now());
  deliver_(form, dueAt_(readQueue_(), Date.now()));
  raiseAlarm_(Date.now());
  if (!complete) console.warn('policydesk: not every missed response could be queued; the next run goes on');
}

/**
 * @param {Waiting[]} queue
 * @param {number} now
 * @returns {string[]} ids
 */
function dueAt_(queue, now) {
  return queue.filter((entry) => entry.next !== null && entry.next <= now).map((entry) => entry.id);
}

/**
 * Queues what the form holds and neither queue nor ledger knows: its trigger never fired, or failed.
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {number} now
 * @returns {boolean} false when there was no room or no lock for all; the same stretch is looked at again next time
 */
function reconcile_(form, now) {
  const reconciledTo = properties_().getProperty(PROPERTY.reconciledTo);
  if (reconciledTo === null) return true; // not set up
  const queued = new Set(readQueue_().map((entry) => entry.id));
  const missed = form
    .getResponses(new Date(Number(reconciledTo) - OVERLAP_MINUTES * MINUTE))
    .filter((response) => !queued.has(response.getId()) && !isInLedger_(response.getId(), fingerprint_(response)))
    .map((response) => response.getId());
  if (missed.length > 0) console.warn(`policydesk: ${missed.length} response(s) found that had not been queued`);
  if (missed.length > 0 && !enqueue_(missed, now)) return false;
  properties_().setProperty(PROPERTY.reconciledTo, String(now));
  return true;
}

/**
 * What a person ought to know about the queue, in words that name nobody.
 * @param {Waiting[]} queue
 * @param {number} now
 * @returns {string} empty when all is well
 */
function trouble_(queue, now) {
  if (queue.length > 0 && connection_() === null) {
    return `${queue.length} response(s) wait for the connector to be set up. Open the form, menu policydesk > Set up.`;
  }
  const refused = queue.filter((entry) => isRefused_(entry.outcome));
  const late = queue.filter((entry) => !isRefused_(entry.outcome) && now - entry.since >= ALARM_AFTER_MINUTES * MINUTE);
  const parts = [];
  if (refused.length > 0) {
    const statuses = [...new Set(refused.map((entry) => entry.outcome))].join(', ');
    parts.push(`policydesk refused ${refused.length} response(s) (${statuses}).`);
  }
  if (late.length > 0) parts.push(`${late.length} response(s) have not been delivered for over an hour.`);
  if (parts.length === 0) return '';
  return `${parts.join(' ')} They are kept. Open the form, menu policydesk > Show what is waiting.`;
}

/**
 * Fails on purpose when a person is needed: Google then mails whoever installed the triggers that the script failed,
 * with this message, which takes no permission to send mail and carries nobody's data. Once a day at most, since
 * Google may switch off a trigger that fails again and again; the log gets it every time.
 * @param {number} now
 */
function raiseAlarm_(now) {
  const trouble = trouble_(readQueue_(), now);
  if (trouble === '') {
    properties_().deleteProperty(PROPERTY.alarmRaisedAt);
    return;
  }
  console.error('policydesk: ' + trouble);
  const raisedAt = Number(properties_().getProperty(PROPERTY.alarmRaisedAt));
  if (now - raisedAt < ALARM_EVERY_MINUTES * MINUTE) return;
  properties_().setProperty(PROPERTY.alarmRaisedAt, String(now));
  throw new Error(trouble);
}

/**
 * Puts this account's two triggers in place, in the stead of any that it installed before, and starts the
 * reconciliation: what was submitted before the connector was set up is not sent.
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {number} now
 */
function installTriggers_(form, now) {
  ScriptApp.getProjectTriggers()
    .filter((trigger) => [ON_SUBMIT, EVERY_FIVE_MINUTES].includes(trigger.getHandlerFunction()))
    .forEach((trigger) => ScriptApp.deleteTrigger(trigger));
  ScriptApp.newTrigger(ON_SUBMIT).forForm(form).onFormSubmit().create();
  ScriptApp.newTrigger(EVERY_FIVE_MINUTES).timeBased().everyMinutes(5).create();
  if (properties_().getProperty(PROPERTY.reconciledTo) === null) {
    properties_().setProperty(PROPERTY.reconciledTo, String(now));
  }
}
