//! Rooms in the database.

pub mod facts;
