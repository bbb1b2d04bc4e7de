// Not run here; see settings.gradle.kts. `src/desktop` is Maven's alone: it knows the desktop's fonts.
plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
    alias(libs.plugins.kotlin.compose)
}

android {
    namespace = "tillkit.ui"
    compileSdk = 36
    defaultConfig { minSdk = 26 }
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":sdk"))
    api(libs.compose.ui)
    implementation(libs.compose.material3)
}
