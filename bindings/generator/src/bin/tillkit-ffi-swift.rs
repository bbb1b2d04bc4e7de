//! Writes the Swift side: takes the arguments of `uniffi-bindgen-swift`.

fn main() {
    uniffi::uniffi_bindgen_swift();
}
