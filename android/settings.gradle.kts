/*
 * The phone's build. It has not been run: the Android Gradle plugin, the NDK and a current Gradle were not
 * to be had where this was written. What Maven compiles and tests (pom.xml) are the same source folders.
 */
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositoriesMode = RepositoriesMode.FAIL_ON_PROJECT_REPOS
    repositories {
        google()
        mavenCentral()
        // rustls-platform-verifier publishes its Kotlin half in a repository of its own: its README names it.
        providers.gradleProperty("tillkit.verifierRepository").orNull?.let { maven(it) }
    }
}

rootProject.name = "tillkit"

include(":sdk", ":ui", ":platform", ":app")
