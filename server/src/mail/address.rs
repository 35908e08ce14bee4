//! E-mail addresses: which are the same, and how they are written to a mail server.

/// The domain as A-labels (RFC 5891, section 4), which every mail server takes: `bücher.example` is
/// `xn--bcher-kva.example`. None when it is no domain.
fn ascii_domain(domain: &str) -> Option<String> {
    idna::domain_to_ascii(domain).ok().filter(|ascii| !ascii.is_empty())
}

/// The address as it is sent to; none when its domain can't be. What stands before the `@` is its owner's
/// own business.
pub fn sendable(address: &str) -> Option<String> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    Some(format!("{local}@{}", ascii_domain(domain)?))
}

/// Under which an address, or a handle, is looked up: the same for all ways of writing it.
pub fn key(login: &str) -> String {
    let login = login.trim().to_lowercase();
    let Some((local, domain)) = login.rsplit_once('@') else { return login };
    match ascii_domain(domain) {
        Some(domain) => format!("{local}@{domain}"),
        None => login,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_domain_are_one() {
        assert_eq!(key(" Anna@BÜCHER.example"), "anna@xn--bcher-kva.example");
        assert_eq!(key("anna@xn--bcher-kva.example"), "anna@xn--bcher-kva.example");
        assert_eq!(key("anna@bu\u{308}cher.example"), "anna@xn--bcher-kva.example");
        assert_eq!(key("Ana"), "ana");
        assert_eq!(sendable("Anna@bücher.example").as_deref(), Some("Anna@xn--bcher-kva.example"));
        assert_eq!(sendable("a.b+c@Example.org").as_deref(), Some("a.b+c@example.org"));
        for wrong in ["anna", "anna@", "anna@xn--\u{fc}.example", "anna@\u{200d}"] {
            assert_eq!(sendable(wrong), None, "{wrong:?}");
        }
    }
}
