//! The arrows of the design: an arrow may skip ahead, never turn back.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our crates each may see; `tests` and `xtask` may see all.
const ALLOWED: [(&str, &[&str]); 8] = [
    ("tillkit-domain", &[]),
    ("tillkit-protocol", &["tillkit-domain"]),
    ("tillkit-store", &["tillkit-domain", "tillkit-protocol"]),
    ("tillkit-sync", &["tillkit-domain", "tillkit-protocol", "tillkit-store"]),
    ("tillkit", &["tillkit-domain", "tillkit-protocol", "tillkit-store", "tillkit-sync"]),
    ("tillkit-ffi", &["tillkit-domain", "tillkit-protocol", "tillkit-store", "tillkit-sync", "tillkit"]),
    ("tillkit-ffi-generator", &[]),
    ("tillkit-backoffice", &["tillkit-domain", "tillkit-protocol"]),
];

#[test]
fn dependencies_point_one_way() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    for package in metadata.workspace_packages() {
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            assert!(
                ["tillkit-tests", "xtask"].contains(&package.name.as_str()),
                "{} has no row",
                package.name
            );
            continue;
        };
        let ours = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
        for dependency in ours.filter(|dependency| dependency.kind == DependencyKind::Normal) {
            assert!(
                allowed.contains(&dependency.name.as_str()),
                "{} must not see {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let domain = metadata.packages.iter().find(|package| package.name == "tillkit-domain").unwrap();
    let dependencies =
        domain.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let names: Vec<&str> = dependencies.map(|dependency| dependency.name.as_str()).collect();
    assert_eq!(
        names,
        ["iso_currency", "percent-encoding", "rust_decimal", "serde", "thiserror", "unicode-width"]
    );
}
