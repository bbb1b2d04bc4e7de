//! How the library that ships inside an app is linked (profile phone: optimised for size).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    if variable("OPT_LEVEL") != "s" {
        return;
    }
    // Packed, relocations are no longer a sixteenth of the library. LLD, which both use, does it in
    // Android's own way, read since Android 6, or in Linux's.
    let target = (variable("CARGO_CFG_TARGET_OS"), variable("CARGO_CFG_TARGET_ARCH"));
    let packing = match (target.0.as_str(), target.1.as_str()) {
        ("android", _) => "--pack-dyn-relocs=android",
        ("linux", "x86_64") => "-z,pack-relative-relocs",
        _ => return,
    };
    println!("cargo::rustc-cdylib-link-arg=-Wl,{packing}");
    // Functions that came out the same are kept once. Nothing here asks where a function lies.
    println!("cargo::rustc-cdylib-link-arg=-Wl,--icf=all");
}
