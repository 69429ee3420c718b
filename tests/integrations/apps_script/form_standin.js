'use strict';
// FormApp, as far as the connector uses it, over a form as the Forms API describes it.
const crypto = require('node:crypto');

const ItemType = Object.fromEntries(
  ['CHECKBOX', 'CHECKBOX_GRID', 'DATE', 'DATETIME', 'DURATION', 'FILE_UPLOAD', 'GRID', 'IMAGE', 'LIST',
    'MULTIPLE_CHOICE', 'PAGE_BREAK', 'PARAGRAPH_TEXT', 'RATING', 'SCALE', 'SECTION_HEADER', 'TEXT', 'TIME', 'VIDEO',
  ].map((name) => [name, name]));

const CHOICE_TYPES = { RADIO: 'MULTIPLE_CHOICE', DROP_DOWN: 'LIST', CHECKBOX: 'CHECKBOX' };

function itemTypeOf(item) {
  if (item.questionGroupItem) {
    return item.questionGroupItem.grid.columns.type === 'CHECKBOX' ? 'CHECKBOX_GRID' : 'GRID';
  }
  if (item.pageBreakItem) return 'PAGE_BREAK';
  if (!item.questionItem) return 'SECTION_HEADER';
  const question = item.questionItem.question;
  if (question.choiceQuestion) return CHOICE_TYPES[question.choiceQuestion.type];
  if (question.textQuestion) return question.textQuestion.paragraph ? 'PARAGRAPH_TEXT' : 'TEXT';
  if (question.dateQuestion) return question.dateQuestion.includeTime ? 'DATETIME' : 'DATE';
  if (question.timeQuestion) return question.timeQuestion.duration ? 'DURATION' : 'TIME';
  if (question.fileUploadQuestion) return 'FILE_UPLOAD';
  if (question.scaleQuestion) return 'SCALE';
  return 'RATING';
}

class Item {
  constructor(definition) {
    this.definition = definition;
    this.type = itemTypeOf(definition);
  }

  /** The API's itemId, as the decimal number that Apps Script gives: 32 bits, with a sign. */
  getId() { return parseInt(this.definition.itemId, 16) | 0; }
  getTitle() { return this.definition.title || ''; }
  getType() { return this.type; }
  asGridItem() { return this.asGrid('GRID'); }
  asCheckboxGridItem() { return this.asGrid('CHECKBOX_GRID'); }

  asGrid(type) {
    if (this.type !== type) throw new Error('Exception: Invalid conversion for item type: ' + this.type + '.');
    return { getRows: () => this.questions().map((question) => question.rowQuestion.title) };
  }

  questions() {
    const { questionItem, questionGroupItem } = this.definition;
    if (questionGroupItem) return questionGroupItem.questions;
    return questionItem ? [questionItem.question] : [];
  }

  /** Google's form refuses these before anybody's script sees them. */
  check(value) {
    const choice = this.definition.questionItem?.question.choiceQuestion;
    if (!choice || choice.options.some((option) => option.isOther)) return;
    const offered = choice.options.map((option) => option.value);
    const wrong = [value].flat().find((each) => !offered.includes(each));
    if (wrong !== undefined) throw new Error(`"${this.getTitle()}" does not offer "${wrong}"`);
  }

  /** The parameters that a pre-filled link has for an answer: one for each question, named by its id in decimal. */
  linkParameters(value) {
    if (this.type === 'FILE_UPLOAD') throw new Error('Exception: File upload items cannot be pre-filled.');
    const values = this.definition.questionGroupItem ? value : [value];
    return this.questions().flatMap((question, index) =>
      [values[index]].flat().filter((each) => each !== null && each !== undefined && each !== '')
        .map((each) => `entry.${parseInt(question.questionId, 16)}=${encodeURIComponent(each)}`));
  }
}

class ItemResponse {
  constructor(item, value) { Object.assign(this, { item, value }); }
  getItem() { return this.item; }
  getResponse() { return structuredClone(this.value); }
}

class FormResponse {
  constructor(form, state) { Object.assign(this, { form, state, itemResponses: [] }); }
  getId() { return this.state.id; }
  getTimestamp() { return new Date(this.state.at); }
  getRespondentEmail() { return this.form.collectsEmail() ? this.state.respondent : ''; }

  getItemResponses() {
    return this.form.items
      .filter((item) => this.state.answers.has(item.getTitle()))
      .map((item) => new ItemResponse(item, this.state.answers.get(item.getTitle())));
  }

  withItemResponse(itemResponse) {
    this.itemResponses.push(itemResponse);
    return this;
  }

  toPrefilledUrl() {
    const parameters = this.itemResponses.flatMap((each) => each.item.linkParameters(each.value));
    return [`${this.form.definition.responderUri}?usp=pp_url`, ...parameters].join('&');
  }
}

class Form {
  constructor(definition, now) {
    this.definition = definition;
    this.now = now;
    this.items = (definition.items || []).map((item) => new Item(item));
    this.stored = new Map();
  }

  getId() { return this.definition.formId; }
  getTitle() { return this.definition.info.title; }
  createResponse() { return new FormResponse(this, { id: '', at: 0, respondent: '', answers: new Map() }); }

  getResponse(id) {
    if (!this.stored.has(id)) throw new Error('Exception: No form response with that ID was found.');
    return new FormResponse(this, this.stored.get(id));
  }

  getResponses(since) {
    return [...this.stored.values()]
      .filter((state) => since === undefined || state.at > since.getTime())
      .sort((a, b) => a.at - b.at)
      .map((state) => new FormResponse(this, state));
  }

  collectsEmail() {
    return ['VERIFIED', 'RESPONDER_INPUT'].includes(this.definition.settings?.emailCollectionType);
  }

  // What people do to a form; Apps Script has no such calls.

  submit({ answers, respondent = '', response, at }) {
    const id = response || '2_ABaOnu' + crypto.randomBytes(46).toString('base64url');
    const earlier = this.stored.get(id);
    const given = new Map(earlier ? earlier.answers : []);
    for (const [title, value] of Object.entries(answers)) {
      const item = this.items.find((each) => each.getTitle() === title);
      if (!item) throw new Error(`the form has no question "${title}"`);
      item.check(value);
      given.set(title, value);
    }
    const state = { id, at: at ?? this.now(), respondent: respondent || earlier?.respondent || '', answers: given };
    this.stored.set(id, state);
    return id;
  }

  delete(id) { this.stored.delete(id); }
}

module.exports = { Form, ItemType };
