//! What Android needs before the first HTTPS request: its certificate verifier is asked through the JVM.

// The JVM finds a native method by the name of its symbol.
#![allow(unsafe_code)]

use jni::{
    EnvUnowned,
    errors::ThrowRuntimeExAndDefault,
    objects::{JClass, JObject},
};

/// `tillkit.platform.Https.begin(context)`. Again is harmless; what fails is thrown.
#[unsafe(no_mangle)]
pub extern "system" fn Java_tillkit_platform_Https_begin<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    context: JObject<'caller>,
) {
    env.with_env(|env| rustls_platform_verifier::android::init_with_env(env, context))
        .resolve::<ThrowRuntimeExAndDefault>();
}
