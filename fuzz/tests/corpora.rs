//! Every target bears what is kept for it, as the fuzzer would run it.

use std::{fs, path::Path, process::Command};

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
        ("srtcp", env!("CARGO_BIN_EXE_srtcp")),
    ];
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    assert_eq!(fs::read_dir(&corpora).expect("corpora").count(), targets.len());
    for (name, program) in targets {
        let entries = fs::read_dir(corpora.join(name)).expect("a corpus");
        let entries = entries.map(|entry| entry.expect("an entry").path());
        let ran = Command::new(program).args(entries).output().expect("the target");
        assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}
