//! Bandstand, the live venue that anyone can host.

fn main() {}
