//! Tests of the configuration.

use std::collections::BTreeSet;

use clap::Parser;

use super::*;

const SAMPLE: &str = include_str!("../../../bandstand.sample.toml");

/// The sample with every key that is only explained made to count.
fn uncommented() -> String {
    SAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(char::is_alphabetic) && rest.contains(" = ") => rest,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_sample_holds_every_key_and_the_defaults() {
    let flags = Flags::parse_from(["bandstand"]);
    let asleep: File = toml::from_str(SAMPLE).unwrap();
    assert_eq!(asleep, File::default(), "copied as it is, the sample changes nothing");

    let table: toml::Table = toml::from_str(&uncommented()).unwrap();
    let keys: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    assert_eq!(keys, File::KEYS.iter().copied().collect());

    let awake: File = toml::from_str(&uncommented()).unwrap();
    let config = Config::merge(flags, awake).unwrap();
    let default = Config::default();
    assert_eq!(
        (config.listen, config.media, config.data, config.site, config.limit_scale),
        (default.listen, default.media, default.data, default.site, default.limit_scale)
    );
}

#[test]
fn limits_are_widened_together() {
    let config = Config { limit_scale: 2, ..Config::default() };
    assert_eq!((config.widened(3), config.widened(usize::MAX)), (6, usize::MAX));
}

#[test]
fn flags_stand_above_the_file() {
    let flags = Flags::parse_from(["bandstand", "--listen", "127.0.0.1:4000"]);
    let file: File = toml::from_str("listen = '127.0.0.1:5000'\ndata = 'elsewhere'").unwrap();
    let config = Config::merge(flags, file).unwrap();
    assert_eq!(config.listen.port(), 4000);
    assert_eq!(config.data, Path::new("elsewhere"));
}

#[test]
fn servers_for_ice_are_told_apart_from_nonsense() {
    let merge =
        |text: &str| Config::merge(Flags::parse_from(["bandstand"]), toml::from_str(text).unwrap());
    assert!(merge("ice_servers = ['stun:a.example:3478', 'stuns:b.example']").is_ok());
    let turn = "ice_servers = ['turns:a.example:443?transport=tcp']";
    assert!(merge(turn).unwrap_err().to_string().contains("turn_secret"));
    assert!(merge(&format!("{turn}\nturn_secret = 'shared'")).is_ok());
    for wrong in ["stun:", "http://a.example", "a.example", "stun:a>;b", "stun:a b"] {
        assert!(merge(&format!("ice_servers = ['{wrong}']")).is_err(), "{wrong}");
    }
    assert!(merge("metrics_token = 'short'").is_err());
}

#[test]
fn an_unknown_key_is_named() {
    let error = toml::from_str::<File>("lisen = '127.0.0.1:1'").unwrap_err();
    assert!(error.to_string().contains("lisen"), "{error}");
}

#[test]
fn only_a_loopback_address_without_a_proxy_is_local() {
    let config = |public_url: &str, trusted_proxy| Config {
        public_url: public_url.into(),
        trusted_proxy,
        ..Config::default()
    };
    for url in ["http://127.0.0.1:3000", "http://localhost", "http://[::1]:3000"] {
        assert!(config(url, false).is_local(), "{url}");
        assert!(config(url, false).warnings().is_empty(), "{url}");
        assert!(!config(url, true).is_local(), "{url} behind a proxy");
    }
    for url in ["https://venue.example.org", "https://localhost", "http://192.0.2.1", ""] {
        assert!(!config(url, false).is_local(), "{url}");
        let warnings = config(url, false).warnings();
        assert!(warnings[0].contains("NO MAIL SERVER"), "{warnings:?}");
    }
}

#[test]
fn a_public_url_is_an_origin() {
    assert_eq!(check_public_url("https://a.example/").unwrap(), "https://a.example");
    assert_eq!(check_public_url("http://a.example:80").unwrap(), "http://a.example");
    for wrong in ["a.example", "ftp://a.example", "https://a.example/venue", "https://"] {
        assert!(check_public_url(wrong).is_err(), "{wrong}");
    }
}
