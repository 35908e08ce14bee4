//! Widgets that more than one feature uses.
