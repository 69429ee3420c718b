"""From words in a YAML file to values, with the place of each, and mistakes said so that their author can mend them."""
