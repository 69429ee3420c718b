"""What the rules mean: pure, and made of rooms. Each knows only those above it in this list.

- ``school``: the school as its own lists describe it: its people, their names as others type them, its days.
- ``model``: plain values that everything else speaks of: policies, forms, cases, effects; and what conditions on them
  mean.
- ``reading``: from words in a YAML file to values, with the place of each, and mistakes said so that their author can
  mend them.
- ``matching``: durable-rules, used in the only shape in which it is right, and held against the reference.
- ``intake``: from the answers of a form to an event: its facts, its people, and who of the school is kept out of it.
- ``clocks``: time limits as the policies count them: when each clock is due, and how it stands. Nothing is stored.
- ``wording``: what people read: letters and notices, the account of a case, why something was decided.
- ``proposing``: from a rule's `then` to proposals: whom a phrase reaches, and what is written, asked or noted for
  them.
- ``casework``: what happens on a case besides what the rules say: who may record what, and what each thing recorded
  changes.
- ``deciding``: the one decision, and the last word on it; and what is no form: a digest, a release, new dates.
- ``rulebook``: the rule files as a whole: loaded, checked, shown by their examples, drawn, and held against the
  clause register.
- ``proving``: what holds for every possible submission, shown by z3; or the form, the case and the scenario that
  break it.
"""
