//! HTTP: routes, sessions, security headers, limits, static files.
