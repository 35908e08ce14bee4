//! Which chunks are worth a file of their own.
//!
//! Painting gives each symbol the set of splits that reach it, so the chunks can be as many as there are sets of
//! splits. A symbol may be moved to the module of any larger set: modules refer to each other's functions by the
//! indirect function table and to each other's data by address, so whatever a symbol refers to need only be there
//! once the symbol is used, and it is used only by those that reached it before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tracing::debug;
use wasmparser::SymbolInfo;

use crate::{
    chunks::small_chunks,
    dep_graph::{DepGraph, DepNode},
    read::{InputFuncId, InputModule},
    split_point::{OutputModuleInfo, SplitModuleIdentifier},
};

type Contents = HashMap<SplitModuleIdentifier, OutputModuleInfo>;
/// The splits that a module is loaded with; `None` for the main module, which is always there.
pub(crate) type Users = Option<BTreeSet<String>>;

/// How small and how many chunks may be.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Chunks of fewer bytes (of code and data, as they come from the linker) are folded into others.
    pub smallest_chunk: u64,
    /// No split has more chunks than that; `None` for any number.
    pub most_chunks: Option<usize>,
    /// How much a byte counts that a split loads without need, by the split's name; 1 for all others.
    pub weights: BTreeMap<String, f64>,
}

/// The same for a split that can't be loaded first.
const LATER: f64 = 0.1;

/// Folds the modules of `contents` together. `splits` are the names of all splits.
pub fn fold<'s>(
    module: &InputModule,
    dep_graph: &DepGraph,
    splits: impl Iterator<Item = &'s String>,
    limits: &Limits,
    contents: &mut Contents,
) {
    let callers = callers(module, dep_graph, splits, contents);
    regroup(contents, |users| without_followers(users, &callers));
    let weights: BTreeMap<String, f64> = callers
        .iter()
        .map(|(split, callers)| {
            let first = limits.weights.get(split).copied().unwrap_or(1.0);
            (split.clone(), if callers.is_none() { first } else { LATER })
        })
        .collect();
    let mut sizes: BTreeMap<BTreeSet<String>, u64> = contents
        .iter()
        .filter_map(|(identifier, info)| match identifier {
            SplitModuleIdentifier::Chunk(users) => Some((users.clone(), size(module, info))),
            _ => None,
        })
        .collect();
    let folded = small_chunks(&mut sizes, &weights, &callers, limits);
    regroup(contents, |users| resolve(users, &folded));
    for (users, size) in sizes {
        debug!("chunk of {users:?}: {size} bytes");
    }
}

/// From where each split is loaded: `None` if the main module does it, so that it may be the first one.
fn callers<'s>(
    module: &InputModule,
    dep_graph: &DepGraph,
    splits: impl Iterator<Item = &'s String>,
    contents: &Contents,
) -> BTreeMap<String, Users> {
    let mut loaders: HashMap<InputFuncId, String> = HashMap::new();
    let mut callers: BTreeMap<String, Users> = BTreeMap::new();
    for split in splits {
        callers.insert(split.clone(), Some(BTreeSet::new()));
        let name = SplitModuleIdentifier::Split(split.clone()).loader_name();
        for (import, _) in module.imports.iter().enumerate().filter(|(_, it)| it.name == name) {
            if let Some(&func) = module.imported_func_map.get(&import) {
                loaders.insert(func, split.clone());
            }
        }
    }
    for (identifier, info) in contents {
        let module_users = users(identifier);
        for symbol in &info.included_symbols {
            for dep in dep_graph.get(symbol).into_iter().flatten() {
                let DepNode::Function(func) = dep else { continue };
                let Some(split) = loaders.get(func) else { continue };
                let entry = callers.get_mut(split).expect("a split with a loader");
                match (&mut *entry, &module_users) {
                    (Some(known), Some(more)) => known.extend(more.iter().cloned()),
                    _ => *entry = None,
                }
            }
        }
    }
    for (split, callers) in &mut callers {
        if let Some(callers) = callers {
            callers.remove(split);
        }
    }
    // One that nobody loads is one that anybody may load.
    for callers in callers.values_mut() {
        if callers.as_ref().is_some_and(BTreeSet::is_empty) {
            *callers = None;
        }
    }
    callers
}

/// What is needed by a split and by all from which that split is loaded is there already when the split comes.
fn without_followers(users: Users, callers: &BTreeMap<String, Users>) -> Users {
    let mut users = users?;
    loop {
        let follower = users.iter().find(|split| match &callers[*split] {
            Some(callers) => callers.is_subset(&users),
            None => false,
        });
        match follower.cloned() {
            Some(follower) => users.remove(&follower),
            None => return Some(users),
        };
    }
}

/// Where what is loaded by `users` is in the end.
fn resolve(mut users: Users, folded: &HashMap<BTreeSet<String>, Users>) -> Users {
    while let Some(into) = users.as_ref().and_then(|users| folded.get(users)) {
        users = into.clone();
    }
    users
}

/// Bytes of code and data that a module defines.
fn size(module: &InputModule, info: &OutputModuleInfo) -> u64 {
    let imported = module.imported_funcs.len();
    info.included_symbols
        .iter()
        .map(|symbol| match *symbol {
            DepNode::Function(func) if func >= imported => {
                let body = module.defined_funcs[func - imported].body.range();
                (body.end - body.start) as u64
            }
            DepNode::DataSymbol(index) => match module.reloc_info.symbols[index] {
                SymbolInfo::Data { symbol: Some(defined), .. } => defined.size.into(),
                _ => 0,
            },
            _ => 0,
        })
        .sum()
}

fn users(identifier: &SplitModuleIdentifier) -> Users {
    match identifier {
        SplitModuleIdentifier::Main => None,
        SplitModuleIdentifier::Split(split) => Some(BTreeSet::from([split.clone()])),
        SplitModuleIdentifier::Chunk(splits) => Some(splits.clone()),
    }
}

/// Gives each module's symbols to the module of other users.
fn regroup(contents: &mut Contents, change: impl Fn(Users) -> Users) {
    let mut regrouped = Contents::new();
    for (identifier, info) in contents.drain() {
        let identifier = match change(users(&identifier)) {
            None => SplitModuleIdentifier::Main,
            Some(mut users) if users.len() == 1 => {
                SplitModuleIdentifier::Split(users.pop_first().expect("one"))
            }
            Some(users) => SplitModuleIdentifier::Chunk(users),
        };
        let into: &mut OutputModuleInfo = regrouped.entry(identifier).or_default();
        into.included_symbols.extend(info.included_symbols);
    }
    *contents = regrouped;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(splits: &[&str]) -> BTreeSet<String> {
        splits.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn what_is_shared_with_a_caller_is_the_callers() {
        let callers = BTreeMap::from([
            ("a".to_owned(), None),
            ("b".to_owned(), None),
            ("in_a".to_owned(), Some(set(&["a"]))),
            ("in_both".to_owned(), Some(set(&["a", "b"]))),
        ]);
        let without = |splits: &[&str]| without_followers(Some(set(splits)), &callers);
        assert_eq!(without(&["a", "in_a"]), Some(set(&["a"])));
        assert_eq!(without(&["a", "in_both"]), Some(set(&["a", "in_both"])));
        assert_eq!(without(&["a", "b", "in_a", "in_both"]), Some(set(&["a", "b"])));
        assert_eq!(without(&["b", "in_a"]), Some(set(&["b", "in_a"])));
    }

    #[test]
    fn fourteen_splits_have_few_chunks_and_none_is_small() {
        let names: Vec<String> = (0..14).map(|n| format!("split{n:02}")).collect();
        let callers: BTreeMap<String, Users> = names.iter().map(|it| (it.clone(), None)).collect();
        let weights = callers.keys().map(|it| (it.clone(), 1.0)).collect();
        // Each two, three and four neighbours share something.
        let mut sizes = BTreeMap::new();
        for width in 2..5 {
            for (at, group) in names.windows(width).enumerate() {
                let size = 1_000 * (1 + (at * 7 + width * 5) as u64 % 40);
                sizes.insert(group.iter().cloned().collect(), size);
            }
        }
        let before = sizes.clone();
        let limits =
            Limits { smallest_chunk: 32_000, most_chunks: Some(4), ..Limits::default() };
        let folded = small_chunks(&mut sizes, &weights, &callers, &limits);
        for (users, size) in &sizes {
            assert!(*size >= limits.smallest_chunk, "{users:?}: {size}");
        }
        for name in &names {
            let chunks = sizes.keys().filter(|users| users.contains(name)).count();
            assert!(chunks <= 4, "{name}: {chunks}");
        }
        // Whoever needs a chunk still gets what was in it.
        for users in before.into_keys() {
            let now = resolve(Some(users.clone()), &folded);
            assert!(now.is_none_or(|now| now.is_superset(&users) && sizes.contains_key(&now)));
        }
    }
}
