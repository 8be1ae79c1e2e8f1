"""The browser pages: TypeScript sources, and the bundle (`dist/`) that the server hands out."""
