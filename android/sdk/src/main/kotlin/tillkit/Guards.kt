/*
 * Services of the phone that have no way to refuse. An exception of theirs would reach the core as a
 * panic in the middle of its work; here it ends in the log of the platform.
 */

package tillkit

import java.util.logging.Level
import java.util.logging.Logger

/** Without hints the till waits for its timer. */
internal class GuardedHints(
    private val hints: NetworkHints,
) : NetworkHints {
    override fun listen(listener: NetworkListener) = guarded("network hints") { hints.listen(listener) }
}

/** A line that cannot be logged is lost. */
internal class GuardedLog(
    private val sink: LogSink,
) : LogSink {
    override fun log(
        level: String,
        target: String,
        line: String,
    ) = guarded("the log") { sink.log(level, target, line) }
}

private inline fun guarded(
    service: String,
    call: () -> Unit,
) {
    try {
        call()
    } catch (thrown: Exception) {
        Logger.getLogger("tillkit").log(Level.WARNING, "$service threw", thrown)
    }
}
