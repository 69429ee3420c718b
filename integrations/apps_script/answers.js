/** From a response as Apps Script gives it to the message that the service expects. */

/**
 * @typedef {object} Answer
 * @property {string} question_id
 * @property {string} title
 * @property {string | string[]} value
 */

/**
 * A question of the form with its answer; each row of a grid is a question.
 * @typedef {object} Answered
 * @property {string} title
 * @property {string | string[]} value
 */

/**
 * Everything the service is told about a response, save the number of its revision.
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {GoogleAppsScript.Forms.FormResponse} response
 */
function submissionFrom_(form, response) {
  return {
    form_id: form.getId(),
    form_title: form.getTitle(),
    response_id: response.getId(),
    submitted_at: rfc3339_(response),
    respondent_email: response.getRespondentEmail() || null,
    answers: response.getItemResponses().flatMap((itemResponse) => answersFrom_(form, itemResponse)),
  };
}

/**
 * When it was submitted, with the offset of the script's time zone ("2026-10-06T11:20:00+01:00").
 * @param {GoogleAppsScript.Forms.FormResponse} response
 */
function rfc3339_(response) {
  const at = new Date(response.getTimestamp().getTime());
  return Utilities.formatDate(at, Session.getScriptTimeZone(), "yyyy-MM-dd'T'HH:mm:ssXXX");
}

/**
 * A short text that changes whenever an answer does, and not when somebody words a question differently.
 * @param {GoogleAppsScript.Forms.FormResponse} response
 * @returns {string}
 */
function fingerprint_(response) {
  const answers = response.getItemResponses().map((each) => [each.getItem().getId(), each.getResponse()]);
  const whole = JSON.stringify([response.getId(), response.getRespondentEmail(), answers]);
  return digest_(whole, FINGERPRINT_LENGTH);
}

/**
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {GoogleAppsScript.Forms.ItemResponse} itemResponse
 * @returns {Answer[]} none when it was left blank
 */
function answersFrom_(form, itemResponse) {
  const answered = answeredIn_(itemResponse);
  if (answered.length === 0) return [];
  const ids = questionIds_(form, itemResponse);
  const itemId = hexId_(itemResponse.getItem().getId());
  return answered.map(({ title, value }, index) => ({
    question_id: ids.length === answered.length ? ids[index] : itemId,
    title,
    value,
  }));
}

/**
 * The answers of one item. A grid gives one for each row that was answered, under the heading that Google's own
 * sheet of responses uses: "Title [Row]".
 * @param {GoogleAppsScript.Forms.ItemResponse} itemResponse
 * @returns {Answered[]}
 */
function answeredIn_(itemResponse) {
  const item = itemResponse.getItem();
  const given = itemResponse.getResponse();
  const rows = rowsOf_(item);
  if (rows === null) {
    const value = valueFrom_(item, /** @type {string | string[]} */ (given));
    return isBlank_(value) ? [] : [{ title: item.getTitle(), value }];
  }
  return rows
    .map((row, index) => ({ title: `${item.getTitle()} [${row}]`, value: given[index] }))
    .filter(({ value }) => !isBlank_(value));
}

/**
 * @param {GoogleAppsScript.Forms.Item} item
 * @returns {string[] | null} null when it is not a grid
 */
function rowsOf_(item) {
  switch (item.getType()) {
    case FormApp.ItemType.GRID:
      return item.asGridItem().getRows();
    case FormApp.ItemType.CHECKBOX_GRID:
      return item.asCheckboxGridItem().getRows();
    default:
      return null;
  }
}

/**
 * Text, or a list of texts: choices of a checkbox item, ids (never links) of uploaded files. Dates are YYYY-MM-DD
 * already; a time of day gets its leading nought.
 * @param {GoogleAppsScript.Forms.Item} item
 * @param {string | string[]} given
 * @returns {string | string[]}
 */
function valueFrom_(item, given) {
  return item.getType() === FormApp.ItemType.TIME ? String(given).replace(/^(?=\d:)/, '0') : given;
}

/** @param {string | string[] | null | undefined} value */
function isBlank_(value) {
  return value === null || value === undefined || value.length === 0;
}

/**
 * The ids that the Forms API has for the questions of an item, in order of its answered rows.
 *
 * Apps Script knows the id of the item only, which is another number. The API itself would need a Google Cloud
 * project of the school's own (developers.google.com/workspace/forms/api/guides/apps-script-setup) and a wider scope;
 * but a pre-filled link names each question by the same number in decimal ("entry.1629623651"), and Apps Script makes
 * one from an answer. It is read here and goes nowhere. Where there is none (Google offers no link for uploaded
 * files) the item's id is sent instead, and the service finds the question by that or by its title.
 * @param {GoogleAppsScript.Forms.Form} form
 * @param {GoogleAppsScript.Forms.ItemResponse} itemResponse
 * @returns {string[]} 8 hexadecimal digits each; none when there is no link
 */
function questionIds_(form, itemResponse) {
  try {
    const link = form.createResponse().withItemResponse(itemResponse).toPrefilledUrl();
    const ids = [...link.matchAll(/[?&]entry\.(\d+)[^=&]*=/g)].map((match) => hexId_(Number(match[1])));
    return [...new Set(ids)];
  } catch {
    return []; // the message of the exception may quote the answer
  }
}

/**
 * @param {number} id
 * @returns {string} as the Forms API writes it: 8 hexadecimal digits
 */
function hexId_(id) {
  return (id >>> 0).toString(16).padStart(8, '0');
}
