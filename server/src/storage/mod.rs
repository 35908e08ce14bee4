//! Storage of files beside the database.

pub mod files;
pub mod folders;
