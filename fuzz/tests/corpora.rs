//! Every target bears what is kept for it, as the fuzzer would run it, and cut and changed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use bandstand_radio::fuzz::{radio_request, radio_stream};
use bandstand_recording::fuzz::{record, repair_file};
use bandstand_sfu::fuzz::{
    demultiplex, dependency_descriptor, feedback, fragment, keyframe, offer, packet_cache, srtcp,
};

/// Folder of the corpora.
fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Entries of a target's corpus.
fn corpus(name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpora().join(name)).expect("a corpus");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn fuzz_targets_accept_their_corpora() {
    let targets = [
        ("demultiplex", env!("CARGO_BIN_EXE_demultiplex")),
        ("dependency_descriptor", env!("CARGO_BIN_EXE_dependency_descriptor")),
        ("feedback", env!("CARGO_BIN_EXE_feedback")),
        ("fragment", env!("CARGO_BIN_EXE_fragment")),
        ("packet_cache", env!("CARGO_BIN_EXE_packet_cache")),
        ("keyframe", env!("CARGO_BIN_EXE_keyframe")),
        ("offer", env!("CARGO_BIN_EXE_offer")),
        ("radio_request", env!("CARGO_BIN_EXE_radio_request")),
        ("radio_stream", env!("CARGO_BIN_EXE_radio_stream")),
        ("record", env!("CARGO_BIN_EXE_record")),
        ("repair_file", env!("CARGO_BIN_EXE_repair_file")),
        ("srtcp", env!("CARGO_BIN_EXE_srtcp")),
    ];
    assert_eq!(fs::read_dir(corpora()).expect("corpora").count(), targets.len());
    for (name, program) in targets {
        let ran = Command::new(program).args(corpus(name)).output().expect("the target");
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// Places at which an entry is cut and changed: of the media core's readers, and of those of radios, whose
/// entries are long.
const PLACES: usize = 24;
const RADIO_PLACES: usize = 200;

#[test]
fn readers_accept_corpora_whole_cut_and_changed() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target, usize); 12] = [
        ("demultiplex", demultiplex, PLACES),
        ("dependency_descriptor", dependency_descriptor, PLACES),
        ("feedback", feedback, PLACES),
        ("srtcp", srtcp, PLACES),
        ("packet_cache", packet_cache, PLACES),
        ("keyframe", keyframe, PLACES),
        ("offer", offer, PLACES),
        ("fragment", fragment, PLACES),
        ("radio_request", radio_request, RADIO_PLACES),
        ("radio_stream", radio_stream, RADIO_PLACES),
        ("record", record, PLACES),
        ("repair_file", repair_file, RADIO_PLACES),
    ];
    for (name, target, places) in targets {
        let entries = corpus(name);
        assert!(!entries.is_empty(), "{name}");
        for entry in entries {
            // Seen if it fails.
            println!("{}", entry.display());
            let mut bytes = fs::read(&entry).expect("its bytes");
            target(&bytes);
            for place in (0..bytes.len()).step_by(bytes.len() / places + 1) {
                target(&bytes[..place]);
                let byte = bytes[place];
                for other in [!byte, byte ^ 1] {
                    bytes[place] = other;
                    target(&bytes);
                }
                bytes[place] = byte;
            }
        }
    }
}
