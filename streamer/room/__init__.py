"""The room: state, roles, messages and the event log."""
