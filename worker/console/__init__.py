"""The console: a page that shows the whole deployment, and what it asks for."""
