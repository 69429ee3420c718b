"""From a rule's `then` to proposals: whom a phrase reaches, and what is written, asked or noted for them."""
