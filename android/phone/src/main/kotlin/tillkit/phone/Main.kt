package tillkit.phone

import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.system.exitProcess

/** The phone's app on a desktop: in a window, or without one, driven by a script. */
fun main(args: Array<String>) {
    val options =
        try {
            Options.parse(args.toList())
        } catch (wrong: IllegalArgumentException) {
            System.err.println(wrong.message)
            System.err.println(Options.USAGE)
            exitProcess(USAGE_ERROR)
        }
    val script = options.script
    if (script == null) {
        runBlocking { Phone.open(options) }.use { phone -> showWindow(phone, options) }
        exitProcess(0)
    }
    try {
        runBlocking { Phone.open(options) }.use { phone -> play(script.readLines(), phone, options, System.out) }
    } catch (stopped: ScriptStopped) {
        System.err.println(stopped.message)
        exitProcess(SCRIPT_ERROR)
    }
    exitProcess(0)
}

private const val SCRIPT_ERROR = 1
private const val USAGE_ERROR = 2

/** What was asked for on the command line. */
data class Options(
    val folder: File,
    val url: String? = null,
    val code: String? = null,
    val language: String = "en",
    val isDark: Boolean = false,
    val fontScale: Float = 1f,
    val script: File? = null,
    val out: File = File("."),
    /** Where files for the back office go, and its receipts come from. */
    val files: File = File(folder, "files"),
) {
    companion object {
        const val USAGE =
            "usage: --folder DIR [--files DIR] [--url URL --code CODE] [--lang en|cs] [--dark] [--font-scale 1.0] " +
                "[--headless --script FILE --out DIR]"

        private val FLAGS = setOf("--dark", "--headless")
        private val NAMES = setOf("--folder", "--url", "--code", "--lang", "--font-scale", "--script", "--out", "--files")

        fun parse(args: List<String>): Options {
            val given = mutableMapOf<String, String>()
            var at = 0
            while (at < args.size) {
                val name = args[at]
                when (name) {
                    in FLAGS -> given[name] = ""
                    in NAMES -> given[name] = requireNotNull(args.getOrNull(++at)) { "$name wants a value" }
                    else -> throw IllegalArgumentException("$name is not known")
                }
                at++
            }
            require(("--code" in given) <= ("--url" in given)) { "--code wants --url" }
            require(("--headless" in given) == ("--script" in given)) { "--headless and --script go together" }
            val folder = File(requireNotNull(given["--folder"]) { "--folder is missing" })
            return Options(
                folder = folder,
                url = given["--url"],
                code = given["--code"],
                language = given["--lang"] ?: "en",
                isDark = "--dark" in given,
                fontScale =
                    given["--font-scale"]?.let { requireNotNull(it.toFloatOrNull()) { "$it is no scale" } } ?: 1f,
                script = given["--script"]?.let(::File),
                out = File(given["--out"] ?: "."),
                files = given["--files"]?.let(::File) ?: File(folder, "files"),
            )
        }
    }
}
