//! Paths of rooms.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The path of the room at `address`.
pub(super) fn room_path(address: &str) -> String {
    let mut path = String::from("/rooms/");
    for byte in address.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            path.push(byte as char);
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// The address in the path of the page.
pub(super) fn room_in_address() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_has_letters_of_any_script_escaped() {
        assert_eq!(room_path("tea-house"), "/rooms/tea-house");
        assert_eq!(room_path("茶"), "/rooms/%E8%8C%B6");
    }
}
