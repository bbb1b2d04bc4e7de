package tillkit

import kotlinx.coroutines.runBlocking
import java.io.File

/** A JVM of its own with the tests' classes; [main] is an object with a main function. */
class Child(
    main: String,
    vararg arguments: String,
    options: List<String> = emptyList(),
) {
    private val process: Process

    init {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val native = "-Djna.library.path=${System.getProperty("jna.library.path")}"
        val classes = listOf("-cp", System.getProperty("java.class.path"))
        val command = listOf(java, native) + options + classes + main + arguments
        val builder = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
        // One arena of the C library: memory that is free again is used again.
        builder.environment()["MALLOC_ARENA_MAX"] = "1"
        process = builder.start()
    }

    private val output = process.inputStream.bufferedReader()

    /** The next line that it prints; null when it has ended. */
    fun line(): String? = output.readLine()

    /** Ends it at once, as the phone's system does. */
    fun kill() {
        process.destroyForcibly().waitFor()
    }
}

/** Sells seven times, says so, and waits to be killed. */
object DoomedTill {
    @JvmStatic
    fun main(arguments: Array<String>): Unit =
        runBlocking {
            val folder = File(arguments[0])
            val till = TillKit.open(folder.path, servicesIn(folder))
            val anna = till.signIn("anna", "1234")
            repeat(7) { anna.sell("MUG") }
            println("sold ${till.unsent().documents}")
            System.`in`.read()
        }
}
