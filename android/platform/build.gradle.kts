// Not run here; see settings.gradle.kts.
plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "tillkit.platform"
    compileSdk = 36
    defaultConfig { minSdk = 26 }
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":sdk"))
    implementation(libs.coroutines.android)
    // The JVM's half of the core's certificate verifier.
    implementation(libs.rustls.platform.verifier)
}
