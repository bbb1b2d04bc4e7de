package tillkit.platform

import android.util.Log
import tillkit.LogSink

/** Writes the core's lines into Android's log, under one tag: `TillKit.logTo(Logcat())`. */
class Logcat(
    private val tag: String = "tillkit",
) : LogSink {
    override fun log(
        level: String,
        target: String,
        line: String,
    ) {
        Log.println(priorityOf(level), tag, "$target: $line")
    }

    private fun priorityOf(level: String): Int =
        when (level) {
            "error" -> Log.ERROR
            "warn" -> Log.WARN
            "info" -> Log.INFO
            "debug" -> Log.DEBUG
            else -> Log.VERBOSE
        }
}
