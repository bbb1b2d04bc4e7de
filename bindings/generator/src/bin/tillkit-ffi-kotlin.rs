//! Writes the Kotlin side: takes the arguments of `uniffi-bindgen`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
