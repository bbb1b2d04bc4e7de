// Not run here; see settings.gradle.kts.
plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

// `cargo install cargo-ndk`, once; the NDK's path in ANDROID_NDK_HOME. The Kotlin side of the bindings
// comes from the library of this machine: `cargo xtask bindings`.
val cargoNdk by tasks.registering(Exec::class) {
    workingDir = rootDir.parentFile
    val targets = "-t arm64-v8a -t armeabi-v7a -t x86_64"
    val small = "--profile phone --config .cargo/phone.toml"
    commandLine("cargo ndk $targets -o target/android build $small -p tillkit-ffi".split(" "))
}

tasks.named("preBuild") { dependsOn(cargoNdk) }

android {
    namespace = "tillkit.sdk"
    compileSdk = 36
    defaultConfig {
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
    }
    sourceSets["main"].kotlin.srcDirs("src/main/kotlin", "../../target/bindings/kotlin")
    sourceSets["main"].jniLibs.srcDirs("../../target/android")
}

kotlin { jvmToolchain(17) }

dependencies {
    api(libs.coroutines.core)
    implementation(variantOf(libs.jna) { artifactType("aar") })
}
